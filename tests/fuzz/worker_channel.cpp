// The same stream into a Channel that has asked things and has listeners: whatever comes, each request gets one answer
// or one error, and garbage breaks the channel once.
#include "fuzz/fuzz.hpp"
#include "fuzz/worker_message.hpp"
#include "mediasoup/channel/messages.hpp"

#include <sys/socket.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <array>

using namespace carillon;
using namespace carillon::mediasoup;

namespace {

constexpr std::size_t asked = 4;
/// What fits into a socket's buffer at once.
constexpr std::size_t stream_bytes_max = 32 * 1024;

struct Ends {
  std::array<int, 2> out{};  ///< What the channel writes to, and we do not read.
  std::array<int, 2> in{};   ///< What it reads from, and we write to.
  Ends() {
    FUZZ_CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, out.data()) == 0);
    FUZZ_CHECK(::socketpair(AF_UNIX, SOCK_STREAM, 0, in.data()) == 0);
  }
};

asio::awaitable<void> ask(std::shared_ptr<Channel> channel, std::size_t& answers) {
  auto answer = channel->request(Method::WORKER_DUMP, "");
  const Result<Response> response = co_await std::move(answer);
  ++answers;
  if (response) fuzz::read_body(response->root());
}

void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

}  // namespace

FUZZ_TARGET(input) {
  asio::io_context io;
  const Ends ends;
  const auto channel = Channel::open(io.get_executor(), ends.out[0], ends.in[0], {}, Logger{});
  std::size_t broken = 0;
  const auto heard = channel->on_broken.connect([&](const Error&) { ++broken; });
  const auto listening = channel->listen("a", [](const Notification& told) { fuzz::read_body(told.root()); });
  std::size_t answers = 0;
  for (std::size_t i = 0; i < asked; ++i) asio::co_spawn(io, ask(channel, answers), rethrow);
  io.poll();

  const std::string_view stream = input.substr(0, stream_bytes_max);
  FUZZ_CHECK(::write(ends.in[1], stream.data(), stream.size()) == static_cast<ssize_t>(stream.size()));
  io.poll();
  FUZZ_CHECK(answers <= asked && broken <= 1);
  FUZZ_CHECK((broken == 1) == channel->closed());
  FUZZ_CHECK(answers + channel->requests_in_flight() == asked);
  ::close(ends.in[1]);
  io.restart();
  io.poll();
  FUZZ_CHECK(broken == 1 && channel->closed() && answers == asked);
  ::close(ends.out[1]);
  io.restart();
  io.poll();
}
