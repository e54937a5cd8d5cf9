// A program that forwards RTP by a worker and replaces itself by another image of itself on every byte it reads from
// standard input; at the end of the input it ends the worker and itself. For execve_test.cpp.
//   execve_host PORT                 makes worker, router and transports; consumes to that port of 127.0.0.1
//   execve_host FD GENERATION        goes on with the state in that file
#include "base/async.hpp"
#include "base/log.hpp"
#include "mediasoup/consumer.hpp"
#include "mediasoup/plain_transport.hpp"
#include "mediasoup/worker.hpp"
#include "support/rtp.hpp"
#include "support/worker_fixture.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

using namespace carillon;
using namespace carillon::mediasoup;
using test::must;

namespace {

WorkerSettings settings() {
  WorkerSettings made;
  made.worker_bin = std::getenv("CARILLON_WORKER");
  made.probe_interval = std::chrono::milliseconds{200};
  return made;
}

asio::awaitable<std::shared_ptr<Worker>> begin(std::uint16_t consumer_port) {
  auto created = co_await Worker::create(settings());
  std::shared_ptr<Worker> worker = must(std::move(created));
  RouterOptions router_options;
  router_options.media_codecs = test::media_codecs();
  auto router = co_await worker->create_router(std::move(router_options));
  PlainTransportOptions from;
  from.listen_info = test::loopback();
  from.comedia = true;
  auto sender = co_await must(router)->create_plain_transport(std::move(from));
  PlainTransportOptions to;
  to.listen_info = test::loopback();
  auto receiver = co_await must(router)->create_plain_transport(std::move(to));
  PlainTransportConnectOptions where;
  where.ip = "127.0.0.1";
  where.port = consumer_port;
  const Result<> connected = co_await must(receiver)->connect(std::move(where));
  must(connected);
  auto producer_options = test::audio_producer();
  auto producer = co_await must(sender)->produce(std::move(producer_options));
  ConsumerOptions consumer_options;
  consumer_options.producer_id = must(producer)->id();
  consumer_options.rtp_capabilities = must(router)->rtp_capabilities();
  const auto consumer = co_await must(receiver)->consume(std::move(consumer_options));
  must(consumer);
  std::printf("worker %d port %d\n", worker->pid(), must(sender)->tuple().local_port);
  co_return worker;
}

std::shared_ptr<Worker> go_on(const asio::any_io_executor& executor, int state_fd) {
  std::string text(static_cast<std::size_t>(::lseek(state_fd, 0, SEEK_END)), '\0');
  if (::pread(state_fd, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) ::_exit(3);
  ::close(state_fd);
  return must(Worker::adopt(executor, boost::json::parse(text).as_object(), settings()));
}

std::size_t open_files() {
  const std::filesystem::directory_iterator all{"/proc/self/fd"};
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

[[noreturn]] void become_next(const Worker& worker, int generation) {
  const std::string text = boost::json::serialize(must(worker.save()));
  const int state_fd = ::memfd_create("state", 0);
  if (::write(state_fd, text.data(), text.size()) != static_cast<ssize_t>(text.size())) ::_exit(4);
  for (const int fd : worker.descriptors()) ::fcntl(fd, F_SETFD, 0);
  const std::string state = std::to_string(state_fd);
  const std::string next = std::to_string(generation + 1);
  ::execl("/proc/self/exe", "execve_host", state.c_str(), next.c_str(), nullptr);
  ::_exit(5);
}

asio::awaitable<void> serve(std::shared_ptr<Worker> worker, int generation) {
  const auto dump = co_await worker->dump();
  must(dump);
  std::printf("generation %d files %zu\n", generation, open_files());
  std::fflush(stdout);
  asio::posix::stream_descriptor input{co_await asio::this_coro::executor, ::fcntl(0, F_DUPFD_CLOEXEC, 3)};
  co_await input.async_wait(asio::posix::descriptor_base::wait_read, asio::as_tuple(asio::use_awaitable));
  char byte = 0;
  if (::read(0, &byte, 1) == 1) {
    while (!worker->quiet()) co_await sleep_for(std::chrono::milliseconds{1});
    become_next(*worker, generation);
  }
  worker->close();
  co_await worker->wait_subprocess_closed();
}

asio::awaitable<void> run(int argc, char** argv) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::shared_ptr<Worker> worker;
  if (argc == 2) {
    worker = co_await begin(static_cast<std::uint16_t>(std::atoi(argv[1])));
  } else {
    worker = go_on(executor, std::atoi(argv[1]));
  }
  co_await serve(worker, argc == 2 ? 0 : std::atoi(argv[2]));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || std::getenv("CARILLON_WORKER") == nullptr) return 2;
  set_log_level(LogLevel::warn);
  asio::io_context io;
  int status = 0;
  asio::co_spawn(io, run(argc, argv), [&](std::exception_ptr thrown) {
    if (thrown) status = 1;
    io.stop();
  });
  io.run();
  return status;
}
