// Asks other servers over HTTP. An interface, so that tests give a fake; curl_client.hpp has the real one.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "fetch/headers.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace carillon::fetch {

/// Which addresses a request may end up at.
enum class Reach {
  internet,  ///< Public ones: the address comes from outside.
  anywhere,  ///< The operator has named this host himself.
};

struct Request {
  std::string method = "POST";
  std::string url;  ///< Never logged.
  Headers headers;
  /// Makes the body, on the client's thread, so that encryption holds nobody up.
  std::function<Result<std::string>()> body;
  Reach reach = Reach::internet;
  bool https_only = true;
  Duration timeout = std::chrono::seconds{10};
  /// What comes after is not read: the status has said enough. So it has when the body ends before its time.
  std::size_t answer_bytes_max = 16 * 1024;
};

struct Response {
  int status = 0;
  Headers headers;
  std::string body;
};

/// All functions are for one thread, on which the answers come too.
class Client {
 public:
  using Id = std::uint64_t;
  /// Errors: forbidden (an address inside), not_found (no address for the name), timeout, unavailable (no connection,
  /// TLS, half an answer), and what `body` failed with. Their detail names no address.
  using Done = std::function<void(Result<Response>)>;

  virtual ~Client() = default;

  /// `done` is called once, later; not after abandon().
  virtual Id start(Request request, Done done) = 0;
  /// Ends it: its connection closes, and `done` is never called. An unknown id is one that has ended.
  virtual void abandon(Id id) = 0;
};

}  // namespace carillon::fetch
