// HTTP requests with libcurl, on a thread of its own; answers come back to the thread of an executor. No redirects, no
// proxy, no cookies; sizes and times are bounded. Whom we may talk to is checked when we connect.
#pragma once

#include "fetch/client.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace carillon::fetch {

struct ClientConfig {
  /// More certificate authorities than the system's; empty: none.
  std::string ca_file;
  /// To one host and port, however many ask. With HTTP/2 they share one.
  long connections_per_host_max = 6;
  /// So many that a few dozen hosts which never answer cannot take them all.
  long connections_max = 512;
  Duration connect_timeout = std::chrono::seconds{5};
};

class CurlClient final : public Client {
 public:
  /// `executor` must outlive it. Throws std::runtime_error when libcurl cannot start.
  CurlClient(boost::asio::any_io_executor executor, ClientConfig config);
  /// Gives up what is under way, and calls nobody any more.
  ~CurlClient() override;
  CurlClient(const CurlClient&) = delete;
  CurlClient& operator=(const CurlClient&) = delete;

  Id start(Request request, Done done) override;
  void abandon(Id id) override;

  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t connections = 0;  ///< Opened since the start.
  };
  [[nodiscard]] Counts counts() const;

 private:
  class Thread;
  std::shared_ptr<Thread> thread_;
};

}  // namespace carillon::fetch
