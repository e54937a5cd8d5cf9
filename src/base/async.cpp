#include "base/async.hpp"

namespace carillon {

std::function<void(std::exception_ptr)> report(Logger log, std::string name) {
  return [log = std::move(log), name = std::move(name)](std::exception_ptr escaped) {
    if (!escaped) return;
    try {
      std::rethrow_exception(escaped);
    } catch (const std::exception& error) {
      log.error("an exception escaped from {}: {}", name, error.what());
    } catch (...) {
      log.error("an unknown exception escaped from {}", name);
    }
  };
}

asio::awaitable<void> sleep_for(Duration duration) {
  Timer timer{co_await asio::this_coro::executor, duration};
  boost::system::error_code cancelled;
  co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

}  // namespace carillon
