// What a WebSocket costs the server: bytes of memory while it is idle, and CPU time of an echo. The same clients ask
// our server and a Node server with the npm package ws, in turns; the machine is noisy, so the ratio counts.
#include "http/server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace carillon::http {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::size_t idle_few = 500;
constexpr std::size_t idle_many = 4'500;
constexpr std::size_t echo_clients = 64;
constexpr std::size_t payload_bytes = 200;
constexpr int rounds = 5;

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("cannot connect: too few descriptors? (ulimit -n)");
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

int open_socket(std::uint16_t port) {
  const int fd = connect_to(port);
  constexpr std::string_view request =
      "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  (void)!::send(fd, request.data(), request.size(), MSG_NOSIGNAL);
  char bytes[1024];
  if (::recv(fd, bytes, sizeof bytes, 0) < 12 || std::string_view{bytes, 12} != "HTTP/1.1 101") {
    throw std::runtime_error("no upgrade");
  }
  return fd;
}

/// Each client sends its next message when its echo is there, so the server is never idle. Returns the messages.
std::uint64_t echo_for(const std::vector<int>& fds, Seconds length) {
  std::string frame = "\x81\xfe";
  frame += static_cast<char>(payload_bytes >> 8);
  frame += static_cast<char>(payload_bytes & 0xff);
  frame += std::string(4, '\0');  // a mask of zeros: ours to choose
  frame += "{\"request\":true,\"id\":1,\"method\":\"echo\",\"data\":\"";
  frame.resize(8 + payload_bytes - 2, 'x');
  frame += "\"}";

  const int epoll = ::epoll_create1(0);
  for (const int fd : fds) {
    epoll_event event{EPOLLIN, {}};
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    (void)!::send(fd, frame.data(), frame.size(), MSG_NOSIGNAL);
  }
  std::uint64_t messages = 0;
  std::size_t waiting = fds.size();
  const auto end = std::chrono::steady_clock::now() + length;
  while (waiting > 0) {
    epoll_event events[64];
    const int count = ::epoll_wait(epoll, events, 64, 1000);
    if (count <= 0) throw std::runtime_error("the server fell silent");
    const bool over = std::chrono::steady_clock::now() >= end;
    for (int i = 0; i < count; ++i) {
      char bytes[1024];
      if (::recv(events[i].data.fd, bytes, sizeof bytes, 0) <= 0) throw std::runtime_error("the server closed");
      ++messages;
      if (over) {
        --waiting;
      } else {
        (void)!::send(events[i].data.fd, frame.data(), frame.size(), MSG_NOSIGNAL);
      }
    }
  }
  ::close(epoll);
  return messages;
}

/// A server that can say what it has used so far.
class Subject {
 public:
  virtual ~Subject() = default;
  [[nodiscard]] virtual std::uint16_t port() const = 0;
  [[nodiscard]] virtual Seconds cpu() = 0;
  [[nodiscard]] virtual double memory_bytes() = 0;
};

class Echo final : public WebSocketHandler {
 public:
  void on_open(std::shared_ptr<WebSocket> socket) override { socket_ = std::move(socket); }
  void on_message(std::string_view text) override { socket_->send(text); }
  void on_closed(const CloseInfo&) override { socket_ = nullptr; }

 private:
  std::shared_ptr<WebSocket> socket_;
};

boost::asio::awaitable<UpgradeDecision> accept_echo() {
  co_return UpgradeDecision::accept(std::make_shared<Echo>(), "");
}

class Ours final : public Subject {
 public:
  Ours() {
    ServerConfig config;
    config.listen = {{"127.0.0.1", 0}};
    server_ = std::make_unique<Server>(io_, config, Logger{});
    server_->on_upgrade("/ws", [](UpgradeRequest) { return accept_echo(); });
    if (auto started = server_->start(); !started) throw std::runtime_error(started.error().detail);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~Ours() override {
    io_.stop();
    thread_.join();
  }
  std::uint16_t port() const override { return server_->ports().at(0); }
  Seconds cpu() override {
    clockid_t clock{};
    timespec time{};
    ::pthread_getcpuclockid(thread_.native_handle(), &clock);
    ::clock_gettime(clock, &time);
    return Seconds{static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec)};
  }
  /// Of the whole program: the clients in here allocate nothing for each connection.
  double memory_bytes() override { return static_cast<double>(::mallinfo2().uordblks); }

 private:
  boost::asio::io_context io_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

class NodeWs final : public Subject {
 public:
  NodeWs() {
    int out[2];
    if (::pipe(out) != 0) throw std::runtime_error("no pipe");
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out[1], 1);
      ::execlp("node", "node", CARILLON_SOURCE_DIR "/tests/bench/http/ws_echo.mjs", nullptr);
      ::_exit(127);
    }
    ::close(out[1]);
    char bytes[16] = {};
    if (::read(out[0], bytes, sizeof bytes - 1) <= 0) throw std::runtime_error("node does not start");
    ::close(out[0]);
    port_ = static_cast<std::uint16_t>(std::stoi(bytes));
  }
  ~NodeWs() override {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  std::uint16_t port() const override { return port_; }
  Seconds cpu() override {
    double nanoseconds = 0;
    for (const auto& task : std::filesystem::directory_iterator{fmt::format("/proc/{}/task", pid_)}) {
      double one = 0;
      std::ifstream{task.path() / "schedstat"} >> one;
      nanoseconds += one;
    }
    return Seconds{nanoseconds * 1e-9};
  }
  double memory_bytes() override {
    double pages = 0, resident = 0;
    std::ifstream{fmt::format("/proc/{}/statm", pid_)} >> pages >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
  }

 private:
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
};

double echo_cpu_us(Subject& subject, const std::vector<int>& fds, Seconds length) {
  const Seconds before = subject.cpu();
  const std::uint64_t messages = echo_for(fds, length);
  return (subject.cpu() - before).count() * 1e6 / static_cast<double>(messages);
}

double idle_bytes(Subject& subject) {
  std::vector<int> fds;
  fds.reserve(idle_many);
  const auto grow_to = [&](std::size_t count) {
    while (fds.size() < count) fds.push_back(open_socket(subject.port()));
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    return subject.memory_bytes();
  };
  const double few = grow_to(idle_few);
  const double many = grow_to(idle_many);
  for (const int fd : fds) ::close(fd);
  return (many - few) / static_cast<double>(idle_many - idle_few);
}

std::string summary(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return fmt::format("{:6.1f} ({:.1f} to {:.1f})", values[values.size() / 2], values.front(), values.back());
}

void run() {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  Ours ours;
  NodeWs node;
  fmt::print("idle socket, bytes of user memory:  ours {:.0f}, Node ws {:.0f} (resident)\n", idle_bytes(ours),
             idle_bytes(node));

  std::vector<int> to_ours, to_node;
  for (std::size_t i = 0; i < echo_clients; ++i) {
    to_ours.push_back(open_socket(ours.port()));
    to_node.push_back(open_socket(node.port()));
  }
  echo_for(to_node, Seconds{6});  // until its code is compiled
  echo_for(to_ours, Seconds{1});
  std::vector<double> our_us, node_us, ratio;
  for (int i = 0; i < rounds; ++i) {
    our_us.push_back(echo_cpu_us(ours, to_ours, Seconds{1}));
    node_us.push_back(echo_cpu_us(node, to_node, Seconds{1}));
    ratio.push_back(node_us.back() / our_us.back());
  }
  fmt::print("echo of {} bytes, CPU us, median (range): ours {}, Node ws {}\n", payload_bytes, summary(our_us),
             summary(node_us));
  fmt::print("Node ws takes {} times our CPU\n", summary(ratio));
}

}  // namespace
}  // namespace carillon::http

int main() {
  try {
    carillon::http::run();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "http_bench: {}\n", error.what());
    return 1;
  }
}
