#include "mediasoup/channel/pending.hpp"

namespace carillon::mediasoup {
namespace {

/// Takes the timer out again also when the waiting coroutine is destroyed.
struct Waiting {
  Waiting(Pending& of, Timer& timer) : pending{of} { pending.wake = &timer; }
  ~Waiting() { pending.wake = nullptr; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  Pending& pending;
};

}  // namespace

asio::awaitable<Result<Response>> wait(std::shared_ptr<Pending> pending) {
  if (!pending->result) {
    Timer timer{co_await asio::this_coro::executor, SteadyTime::max()};
    Waiting waiting{*pending, timer};
    boost::system::error_code cancelled;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  }
  if (!pending->result) co_return fail(Errc::timeout, "stopped waiting for the worker's answer");
  co_return std::move(*pending->result);
}

asio::awaitable<Result<Response>> refuse(Error error) { co_return error; }

Error refusal(Method method, const FBS::Response::Response& response) {
  const std::string name = response.error() != nullptr ? response.error()->str() : std::string{};
  std::string reason = response.reason() != nullptr ? response.reason()->str() : std::string{"no reason given"};
  Errc code = Errc::internal;
  if (name == "TypeError") code = Errc::bad_request;
  if (name == "NotFoundError") code = Errc::not_found;
  return fail(code, fmt::format("{} [{}]", reason, EnumNameMethod(method)));
}

}  // namespace carillon::mediasoup
