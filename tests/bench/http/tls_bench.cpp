// What an idle WebSocket costs the server over TLS, beside a plain one: bytes of memory, and CPU time until it is open.
// The clients are a process of their own, so that only the server's memory is counted. Fails above 18 KB.
#include "http/server.hpp"
#include "integration/http/certificates.hpp"
#include "integration/http/tls_client.hpp"

#include <fmt/format.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace carillon::http {
namespace {

constexpr int few = 500;
constexpr int many = 2'500;
constexpr double tls_bytes_max = 18 * 1024;

enum class Kind : int { plain, tls_12, tls_13 };

struct Order {
  Kind kind = Kind::plain;
  std::uint16_t port = 0;
  int count = 0;  // how many are to be open then; 0: close all
};

std::unique_ptr<RawClient> open_one(const Order& order) {
  const int version = order.kind == Kind::tls_12 ? TLS1_2_VERSION : TLS1_3_VERSION;
  const TlsOffer offer{.version_min = version, .version_max = version};
  std::unique_ptr<RawClient> client;
  if (order.kind == Kind::plain) {
    client = std::make_unique<RawClient>(order.port);
  } else {
    client = std::make_unique<TlsClient>(order.port, offer);
  }
  const auto response = client->upgrade("/ws");
  if (!response || response->status != 101) throw std::runtime_error("no upgrade");
  return client;
}

/// The clients' process: carries out orders until there are no more.
int run_clients(int orders, int done) {
  std::vector<std::unique_ptr<RawClient>> clients;
  Order order;
  while (::read(orders, &order, sizeof order) == sizeof order) {
    if (order.count == 0) clients.clear();
    while (clients.size() < static_cast<std::size_t>(order.count)) clients.push_back(open_one(order));
    if (::write(done, "+", 1) != 1) return 1;
  }
  return 0;
}

class Silent final : public WebSocketHandler {
 public:
  void on_open(std::shared_ptr<WebSocket>) override {}
  void on_message(std::string_view) override {}
  void on_closed(const CloseInfo&) override {}
};

boost::asio::awaitable<UpgradeDecision> accept_silent() {
  co_return UpgradeDecision::accept(std::make_shared<Silent>(), "");
}

class Subject {
 public:
  explicit Subject(const TlsFiles& files) {
    ServerConfig config;
    config.listen = {{"127.0.0.1", 0}};
    config.tls = files;
    server_ = std::make_unique<Server>(io_, config, Logger{});
    server_->on_upgrade("/ws", [](UpgradeRequest) { return accept_silent(); });
    if (auto started = server_->start(); !started) throw std::runtime_error(started.error().detail);
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~Subject() {
    io_.stop();
    thread_.join();
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  [[nodiscard]] std::uint16_t port() const { return server_->ports().at(0); }
  [[nodiscard]] double cpu_us() {
    clockid_t clock{};
    timespec time{};
    ::pthread_getcpuclockid(thread_.native_handle(), &clock);
    ::clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) * 1e-3;
  }

 private:
  boost::asio::io_context io_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

double heap_bytes() { return static_cast<double>(::mallinfo2().uordblks); }

double resident_bytes() {
  double pages = 0, resident = 0;
  std::ifstream{"/proc/self/statm"} >> pages >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// Bytes of heap for each idle socket.
double measure(const char* name, Kind kind, const TlsFiles& files, int orders, int done) {
  Subject subject{files};
  const auto open = [&](int count) {
    const Order order{kind, subject.port(), count};
    char answer = 0;
    if (::write(orders, &order, sizeof order) != sizeof order || ::read(done, &answer, 1) != 1) {
      throw std::runtime_error("the clients have failed");
    }
    // What the server does after its last answer is over soon.
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
  };
  open(few);
  const double heap = heap_bytes(), resident = resident_bytes(), cpu = subject.cpu_us();
  open(many);
  constexpr double more = many - few;
  const double bytes = (heap_bytes() - heap) / more;
  fmt::print("idle WebSocket, {:8}: {:6.0f} bytes of heap, {:6.0f} resident; {:5.0f} us of CPU until it is open\n",
             name, bytes, (resident_bytes() - resident) / more, (subject.cpu_us() - cpu) / more);
  open(0);
  return bytes;
}

int run() {
  std::signal(SIGPIPE, SIG_IGN);
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);

  int orders[2], done[2];
  if (::pipe(orders) != 0 || ::pipe(done) != 0) throw std::runtime_error("no pipe");
  const pid_t clients = ::fork();
  if (clients == 0) {
    ::close(orders[1]);
    ::close(done[0]);
    int status = 1;
    try {
      status = run_clients(orders[0], done[1]);
    } catch (const std::exception& error) {
      fmt::print(stderr, "clients: {}\n", error.what());
    }
    ::_exit(status);
  }
  ::close(orders[0]);
  ::close(done[1]);

  const Certificates certificates;
  certificates.make("server");
  const TlsFiles pair{certificates.path("server.pem"), certificates.path("server.key")};
  measure("plain", Kind::plain, {}, orders[1], done[0]);
  const double tls_12 = measure("TLS 1.2", Kind::tls_12, pair, orders[1], done[0]);
  const double tls_13 = measure("TLS 1.3", Kind::tls_13, pair, orders[1], done[0]);
  ::close(orders[1]);
  ::waitpid(clients, nullptr, 0);
  if (std::max(tls_12, tls_13) <= tls_bytes_max) return 0;
  fmt::print(stderr, "tls_bench: an idle TLS connection takes more than {:.0f} bytes\n", tls_bytes_max);
  return 1;
}

}  // namespace
}  // namespace carillon::http

int main() {
  try {
    return carillon::http::run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "tls_bench: {}\n", error.what());
    return 1;
  }
}
