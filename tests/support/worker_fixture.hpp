// For tests with a real mediasoup-worker: coroutines as test bodies, and a check that no process is left behind.
// The binary is named by the environment variable CARILLON_WORKER; without it the tests fail, they are never skipped.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "mediasoup/ortc/rtp_parameters.hpp"
#include "mediasoup/transport_options.hpp"
#include "mediasoup/worker.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace carillon::test {

namespace asio = boost::asio;

/// The value, or an exception that ends the test. ASSERT_* cannot be used in coroutines, as it returns.
template <class T>
T must(Result<T> result) {
  if (!result)
    throw std::runtime_error("unexpected " + std::string{to_string(result.error().code)} + ": " +
                             result.error().detail);
  return std::move(*result);
}
inline void must(const Result<>& result) {
  if (!result)
    throw std::runtime_error("unexpected " + std::string{to_string(result.error().code)} + ": " +
                             result.error().detail);
}

/// The code of an error, for EXPECT_EQ(code_of(result), Errc::not_found).
template <class T>
Errc code_of(const Result<T>& result) {
  if (result) throw std::runtime_error("an error was expected");
  return result.error().code;
}

/// Opus, VP8 and H264, as the package's own tests use them.
std::vector<ortc::RtpCodecCapability> media_codecs();
mediasoup::TransportListenInfo loopback(mediasoup::TransportProtocol protocol = mediasoup::TransportProtocol::udp);

class WorkerFixture : public ::testing::Test {
 protected:
  using Body = std::function<asio::awaitable<void>()>;

  WorkerFixture();
  ~WorkerFixture() override;

  /// Runs the coroutine, then closes all workers it made and waits for their processes. Fails after `limit`.
  void run(Body body, Duration limit = std::chrono::seconds{60});

  asio::awaitable<std::shared_ptr<mediasoup::Worker>> new_worker();
  asio::awaitable<std::shared_ptr<mediasoup::Router>> new_router();
  static mediasoup::WorkerSettings settings();
  /// Waits until it holds, at most this long. Looks every 5 ms.
  static asio::awaitable<bool> eventually(std::function<bool()> condition, Duration limit = std::chrono::seconds{5});

  asio::io_context io;
  std::vector<std::shared_ptr<mediasoup::Worker>> workers;
};

}  // namespace carillon::test
