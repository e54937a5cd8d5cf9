// worker/adapt/openssl/bio.h: a DTLS handshake the way mediasoup-worker does it, over a BIO whose callback says 1 to
// everything. With Debian's OpenSSL that dies in the first flight, unless the header stands in between.
#include <openssl/bio.h>

#include <gtest/gtest.h>

#include <openssl/ec.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
template <typename T, auto Free>
using Owned = std::unique_ptr<T, Freed<Free>>;
using Key = Owned<EVP_PKEY, EVP_PKEY_free>;
using Certificate = Owned<X509, X509_free>;
using Context = Owned<SSL_CTX, SSL_CTX_free>;
using Connection = Owned<SSL, SSL_free>;
using Bio = Owned<BIO, BIO_free>;

/// What went out of a BIO, and which operations its callback was asked about.
struct Outgoing {
  std::deque<std::string> datagrams;
  std::vector<int> operations;
};

/// The worker's callback: takes what is written, and answers 1 to all that is not the end of an operation. The end of
/// an operation is compared as the worker does it, so that BIO_CB_RETURN | BIO_CB_WRITE also gets a 1.
long take_datagram(BIO* bio, int operation, const char* bytes, size_t length, int /*argi*/, long /*argl*/, int result,
                   size_t* /*processed*/) {
  auto& outgoing = *reinterpret_cast<Outgoing*>(BIO_get_callback_arg(bio));
  outgoing.operations.push_back(operation);
  if (operation == BIO_CB_WRITE && bytes != nullptr && length > 0) {
    outgoing.datagrams.emplace_back(bytes, length);
    BIO_reset(bio);
  }
  return operation == BIO_CB_RETURN ? result : 1;
}

enum class Hook { adapted, bare };

void hang(BIO* bio, Outgoing& outgoing, Hook hook) {
  if (hook == Hook::adapted) {
    BIO_set_callback_ex(bio, take_datagram);
  } else {
    (BIO_set_callback_ex)(bio, take_datagram);  // the parentheses reach past the header's macro
  }
  BIO_set_callback_arg(bio, reinterpret_cast<char*>(&outgoing));
}

Certificate self_signed(EVP_PKEY* key) {
  Certificate certificate(X509_new());
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("peer"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_sign(certificate.get(), key, EVP_sha256());
  return certificate;
}

/// One end of a DTLS connection, set up as in the worker's DtlsTransport.
class Endpoint {
 public:
  Endpoint(bool server, Hook hook) : key_(EVP_EC_gen("P-256")), context_(SSL_CTX_new(DTLS_method())) {
    const Certificate certificate = self_signed(key_.get());
    SSL_CTX_use_certificate(context_.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), key_.get());
    SSL_CTX_set_options(context_.get(), SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET);
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       [](int, X509_STORE_CTX*) { return 1; });
    SSL_CTX_set_tlsext_use_srtp(context_.get(), "SRTP_AEAD_AES_256_GCM:SRTP_AES128_CM_SHA1_80");

    connection_.reset(SSL_new(context_.get()));
    constexpr long mtu = 1350;
    SSL_set_mtu(connection_.get(), mtu);
    DTLS_set_link_mtu(connection_.get(), mtu);
    BIO* from_network = BIO_new(BIO_s_mem());
    BIO* to_network = BIO_new(BIO_s_mem());
    hang(to_network, outgoing_, hook);
    SSL_set_bio(connection_.get(), from_network, to_network);  // owns both from here on
    if (server) {
      SSL_set_accept_state(connection_.get());
    } else {
      SSL_set_connect_state(connection_.get());
    }
  }

  void start() { SSL_do_handshake(connection_.get()); }

  /// Gives all waiting datagrams to `other`; false if there was none.
  bool send_to(Endpoint& other) {
    const bool any = !outgoing_.datagrams.empty();
    while (!outgoing_.datagrams.empty()) {
      const std::string datagram = std::move(outgoing_.datagrams.front());
      outgoing_.datagrams.pop_front();
      BIO_write(SSL_get_rbio(other.connection_.get()), datagram.data(), static_cast<int>(datagram.size()));
      other.read();
    }
    return any;
  }

  void write(std::string_view text) { SSL_write(connection_.get(), text.data(), static_cast<int>(text.size())); }

  [[nodiscard]] bool finished() const { return SSL_is_init_finished(connection_.get()) == 1; }
  [[nodiscard]] const std::string& received() const { return received_; }
  [[nodiscard]] const std::vector<int>& operations() const { return outgoing_.operations; }
  [[nodiscard]] std::string srtp_profile() const {
    const SRTP_PROTECTION_PROFILE* profile = SSL_get_selected_srtp_profile(connection_.get());
    return profile != nullptr ? profile->name : "none";
  }
  [[nodiscard]] std::string exported_keys() const {
    std::string keys(88, '\0');  // two keys of 32 bytes and two salts of 12: AEAD_AES_256_GCM
    constexpr std::string_view label = "EXTRACTOR-dtls_srtp";
    SSL_export_keying_material(connection_.get(), reinterpret_cast<unsigned char*>(keys.data()), keys.size(),
                               label.data(), label.size(), nullptr, 0, 0);
    return keys;
  }

 private:
  void read() {
    char buffer[4096];
    const int length = SSL_read(connection_.get(), buffer, sizeof(buffer));
    if (length > 0) {
      received_.append(buffer, static_cast<std::size_t>(length));
    }
  }

  Outgoing outgoing_;
  std::string received_;
  Key key_;
  Context context_;
  Connection connection_;
};

void shake_hands(Endpoint& client, Endpoint& server) {
  server.start();
  client.start();
  while (client.send_to(server) || server.send_to(client)) {
  }
}

TEST(Bio, ADtlsHandshakeCompletesThoughTheCallbackSaysOneToEverything) {
  Endpoint client(false, Hook::adapted);
  Endpoint server(true, Hook::adapted);
  shake_hands(client, server);

  ASSERT_TRUE(client.finished());
  ASSERT_TRUE(server.finished());
  EXPECT_EQ(client.srtp_profile(), "SRTP_AEAD_AES_256_GCM");
  EXPECT_EQ(server.srtp_profile(), "SRTP_AEAD_AES_256_GCM");
  EXPECT_EQ(client.exported_keys(), server.exported_keys());
}

TEST(Bio, DataFlowsBothWaysAfterTheHandshake) {
  Endpoint client(false, Hook::adapted);
  Endpoint server(true, Hook::adapted);
  shake_hands(client, server);

  client.write("from the client");
  client.send_to(server);
  server.write("from the server");
  server.send_to(client);
  EXPECT_EQ(server.received(), "from the client");
  EXPECT_EQ(client.received(), "from the server");
}

TEST(Bio, TheCallbackIsAskedAboutWritesOnly) {
  Endpoint client(false, Hook::adapted);
  client.start();
  ASSERT_FALSE(client.operations().empty());
  for (const int operation : client.operations()) {
    EXPECT_EQ(operation, BIO_CB_WRITE);
  }
}

TEST(BioDeathTest, WithoutTheHeaderTheFirstFlightKillsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        Endpoint client(false, Hook::bare);
        client.start();
      },
      "");
}

TEST(Bio, OperationsKeepTheirOwnResults) {
  Outgoing outgoing;
  const Bio bio(BIO_new(BIO_s_mem()));
  BIO_write(bio.get(), "12345", 5);
  hang(bio.get(), outgoing, Hook::adapted);

  EXPECT_EQ(BIO_ctrl_pending(bio.get()), 5U);
  EXPECT_EQ(BIO_ctrl(bio.get(), BIO_CTRL_GET_KTLS_SEND, 0, nullptr), 0);
  char buffer[8];
  EXPECT_EQ(BIO_read(bio.get(), buffer, sizeof(buffer)), 5);
  EXPECT_TRUE(outgoing.operations.empty());
}

TEST(Bio, BareCallbackWouldClaimKernelTls) {
  Outgoing outgoing;
  const Bio bio(BIO_new(BIO_s_mem()));
  hang(bio.get(), outgoing, Hook::bare);
  EXPECT_EQ(BIO_ctrl(bio.get(), BIO_CTRL_GET_KTLS_SEND, 0, nullptr), 1);
}

long refuse_writes(BIO* /*bio*/, int /*operation*/, const char* /*bytes*/, size_t /*length*/, int /*argi*/,
                   long /*argl*/, int /*result*/, size_t* /*processed*/) {
  return -1;
}

TEST(Bio, TheCallbackMayStillRefuseAWrite) {
  const Bio bio(BIO_new(BIO_s_mem()));
  BIO_set_callback_ex(bio.get(), refuse_writes);
  EXPECT_EQ(BIO_write(bio.get(), "12345", 5), -1);
  EXPECT_EQ(BIO_ctrl_pending(bio.get()), 0U);
}

}  // namespace
