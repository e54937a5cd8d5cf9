// Stands before OpenSSL's bio.h for mediasoup-worker and cures one crash: see "openssl/bio.h" in worker/README.md.
//
// The worker hangs a callback on its outgoing BIO, looks at writes only, and answers 1 to all else. BIO_ctrl() asks
// the callback too, so the answer to "does the kernel do the encryption (kTLS)?" becomes yes. Upstream's OpenSSL has
// no kTLS and never asks; Debian's asks, believes it, allocates no write buffer, and dies in the first DTLS flight.
// Here the worker's callback is called for writes only, and every other operation keeps its own result.
#pragma once

#pragma GCC system_header  // #include_next is an extension that clang would warn about.
#include_next <openssl/bio.h>

/// `Callback` sees BIO_CB_WRITE and nothing else. The rest gets what BIO_set_callback_ex(3) calls "no opinion":
/// 1 before an operation lets it happen, `result` after it leaves it as it was.
/// extern "C++": OpenSSL's other headers include this one inside their extern "C" blocks.
extern "C++" template <BIO_callback_fn_ex Callback>
long carillon_bio_writes_only(BIO* bio, int operation, const char* bytes, size_t length, int argi, long argl,
                              int result, size_t* processed) {
  if (operation == BIO_CB_WRITE) {
    return Callback(bio, operation, bytes, length, argi, argl, result, processed);
  }
  return (operation & BIO_CB_RETURN) != 0 ? result : 1;
}

// The parentheses keep the preprocessor from expanding the name again: the function itself is called.
#define BIO_set_callback_ex(bio, callback) (BIO_set_callback_ex)((bio), carillon_bio_writes_only<(callback)>)
