// Too many: connections of one address, connections for the descriptors we have, connections that never get going.
#include "integration/http/certificates.hpp"
#include "integration/http/server_fixture.hpp"
#include "integration/http/tls_client.hpp"

#include <gmock/gmock.h>
#include <poll.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdio>

namespace carillon::http {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

boost::asio::awaitable<Response> answer(std::string text) { co_return Response::text(200, std::move(text)); }

boost::asio::awaitable<UpgradeDecision> refuse() { co_return UpgradeDecision::refuse(Response::text(401, "no")); }

boost::asio::awaitable<UpgradeDecision> accept_with(std::shared_ptr<WebSocketHandler> handler) {
  co_return UpgradeDecision::accept(std::move(handler), "");
}

constexpr std::string_view get_hello = "GET /hello HTTP/1.1\r\nHost: h\r\n\r\n";

class LimitsTest : public ServerTest {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }

  void serve(ServerConfig config) {
    start(std::move(config), [this](Server& server) {
      server.route("GET", "/hello", [this](Request) {
        ++asked_;
        return answer("hello");
      });
      server.on_upgrade("/ws", [](UpgradeRequest) { return accept_with(std::make_shared<RecordingHandler>()); });
      server.on_upgrade("/refused", [](UpgradeRequest) { return refuse(); });
    });
  }

  static ServerConfig at_most(std::size_t connections) {
    ServerConfig config = test_config();
    config.connections_per_address = connections;
    config.loopback_counts = true;
    return config;
  }

  /// Ten times as many at once.
  static ServerConfig so_often(std::size_t per_second) {
    ServerConfig config = test_config();
    config.connections_per_address_per_second = per_second;
    config.loopback_counts_per_second = true;
    return config;
  }

  std::atomic<int> asked_ = 0;

  Clock::duration loop_cpu() {
    clockid_t clock{};
    timespec time{};
    ::pthread_getcpuclockid(thread_.native_handle(), &clock);
    ::clock_gettime(clock, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
  }
};

TEST_F(LimitsTest, RefusesAnAddressAboveItsLimitBeforeTheUpgradeAndNobodyElse) {
  serve(at_most(3));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    ASSERT_EQ(clients.back()->upgrade("/ws")->status, 101);
  }
  RawClient fourth{port_};
  const auto refusal = fourth.upgrade("/ws");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 429);
  EXPECT_EQ(refusal->header("retry-after"), "5");
  EXPECT_EQ(refusal->header("connection"), "close");
  EXPECT_TRUE(fourth.is_closed_within(10s));
  EXPECT_EQ(counts().refused_by_address, 1u);
  EXPECT_EQ(counts().web_sockets, 3u);

  RawClient other{port_, 0, "127.0.0.2"};
  EXPECT_EQ(other.upgrade("/ws")->status, 101);

  clients.pop_back();
  EXPECT_TRUE(comes_down_to(3));
  RawClient again{port_};
  EXPECT_EQ(again.upgrade("/ws")->status, 101);
  EXPECT_EQ(counts().refused_by_address, 1u);
}

TEST_F(LimitsTest, SpendsLittleOnAnAddressFarAboveItsLimit) {
  serve(at_most(2));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 2 + 16; ++i) clients.push_back(std::make_unique<RawClient>(port_));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(RawClient{port_}.is_closed_within(10s));
  EXPECT_EQ(counts().connections, 18u);
  EXPECT_EQ(counts().refused_by_address, 36u);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i]->send(get_hello);
    EXPECT_EQ(clients[i]->read_response()->status, i < 2 ? 200 : 429);
  }
  clients.clear();
  EXPECT_TRUE(comes_down_to(0));
  RawClient after{port_};
  after.send(get_hello);
  EXPECT_EQ(after.read_response()->status, 200);
}

TEST_F(LimitsTest, SaysSoOverTlsToo) {
  const Certificates certificates;
  certificates.make("server");
  ServerConfig config = at_most(1);
  config.tls = {certificates.path("server.pem"), certificates.path("server.key")};
  serve(config);
  TlsClient first{port_};
  ASSERT_EQ(first.upgrade("/ws")->status, 101);
  TlsClient second{port_};
  EXPECT_EQ(second.upgrade("/ws")->status, 429);
}

TEST_F(LimitsTest, CountsThisMachineOnlyWhenAsked) {
  ServerConfig config = at_most(1);
  config.loopback_counts = false;
  serve(config);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    EXPECT_EQ(clients.back()->upgrade("/ws")->status, 101);
  }
  EXPECT_EQ(counts().refused_by_address, 0u);
}

TEST_F(LimitsTest, LetsAnAddressConnectSoOftenAndTellsItAndNobodyElse) {
  serve(so_often(1));
  const auto ask = [&](const char* source) {
    RawClient client{port_, 0, source};
    client.send(get_hello);
    return client.read_response();
  };
  int passed = 0;
  auto refusal = ask("127.0.0.1");
  const auto begin = Clock::now();
  for (; refusal && refusal->status == 200 && passed < 1000; refusal = ask("127.0.0.1")) ++passed;
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  ASSERT_TRUE(refusal);
  EXPECT_GE(passed, 10);
  EXPECT_LE(passed, 11 + seconds);
  EXPECT_EQ(refusal->status, 429);
  EXPECT_EQ(refusal->header("retry-after"), "5");
  EXPECT_EQ(refusal->header("connection"), "close");
  EXPECT_EQ(counts().refused_by_rate, 1u);
  EXPECT_EQ(counts().refused_by_address, 0u);
  EXPECT_EQ(ask("127.0.0.2")->status, 200);
  std::this_thread::sleep_for(1100ms);
  EXPECT_EQ(ask("127.0.0.1")->status, 200);
}

// A hello costs its sender nothing, and us a derivation and a signature.
TEST_F(LimitsTest, ShakesNoHandsWithWhoConnectsAgainAndAgain) {
  const Certificates certificates;
  certificates.make("server", {.rsa_bits = 2048});
  ServerConfig config = so_often(2);
  config.tls = {certificates.path("server.pem"), certificates.path("server.key")};
  serve(config);
  constexpr int tries = 1000;
  int shaken = 0;
  const auto begin = Clock::now();
  const Clock::duration cpu_before = loop_cpu();
  for (int i = 0; i < tries; ++i) {
    try {
      const TlsClient client{port_};
      ++shaken;
    } catch (const std::runtime_error&) {
    }
  }
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const auto cpu = std::chrono::duration_cast<std::chrono::milliseconds>(loop_cpu() - cpu_before);
  std::printf("%d connections in %.2f s: %d handshakes, CPU of the loop %lld ms\n", tries, seconds, shaken,
              static_cast<long long>(cpu.count()));
  // Twenty and two a second are welcome; 64 and 16 a second are told that they are not.
  EXPECT_GE(shaken, 20 + 64);
  EXPECT_LE(shaken, 20 + 64 + 18 * (seconds + 1));
  EXPECT_GE(counts().refused_by_rate, static_cast<std::uint64_t>(tries - shaken));
}

TEST_F(LimitsTest, DoesNothingForWhoHasGoneBeforeItCouldBeCounted) {
  serve(test_config());
  on_loop([&] { server_->pause_accepting(); });
  for (int i = 0; i < 20; ++i) {
    RawClient gone{port_};
    gone.send(get_hello);
    gone.reset();
  }
  on_loop([&] { server_->resume_accepting(); });
  RawClient client{port_};
  client.send(get_hello);
  EXPECT_EQ(client.read_response()->status, 200);
  EXPECT_EQ(asked_, 1);
}

/// A proxy at 127.0.0.9, which is trusted, and people who come through it.
class ProxyTest : public LimitsTest {
 protected:
  static constexpr const char* proxy = "127.0.0.9";

  static ServerConfig behind(ServerConfig config) {
    config.trusted_proxies = TrustedProxies{{*AddressPrefix::parse(proxy)}};
    return config;
  }

  struct Visit {
    std::unique_ptr<RawClient> client;
    std::optional<RawResponse> response;
    [[nodiscard]] int status() const { return response ? response->status : 0; }
  };
  static std::string says(const std::string& forwarded) { return "X-Forwarded-For: " + forwarded + "\r\n"; }
  Visit open(const std::string& fields, const char* source = proxy, std::string_view path = "/ws") {
    auto client = std::make_unique<RawClient>(port_, 0, source);
    auto response = client->upgrade(path, fields);
    return {std::move(client), std::move(response)};
  }
};

TEST_F(ProxyTest, CountsASocketForWhomItIsAndTheProxyNever) {
  serve(behind(at_most(2)));
  std::vector<Visit> eve;
  for (int i = 0; i < 2; ++i) eve.push_back(open(says("198.51.100.1")));
  for (const Visit& visit : eve) EXPECT_EQ(visit.status(), 101);
  // Whatever she says before it, the proxy says who she is.
  Visit third = open(says("203.0.113.7, 198.51.100.1"));
  EXPECT_EQ(third.status(), 429);
  EXPECT_EQ(third.response->header("retry-after"), "5");
  EXPECT_NE(third.response->header("connection"), "close") << "it is the proxy's, and others come by it";
  EXPECT_EQ(third.client->upgrade("/ws", says("198.51.100.2"))->status, 101);

  std::vector<Visit> others;
  for (int i = 3; i < 30; ++i) others.push_back(open(says("198.51.100." + std::to_string(i))));
  for (const Visit& visit : others) EXPECT_EQ(visit.status(), 101);
  EXPECT_EQ(counts().refused_by_address, 1u);

  eve.pop_back();
  EXPECT_TRUE(comes_down_to(29));
  EXPECT_EQ(open(says("198.51.100.1")).status(), 101);
}

TEST_F(ProxyTest, CountsHowOftenAVisitorOpensASocket) {
  serve(behind(so_often(1)));
  int passed = 0, status = 0;
  const auto begin = Clock::now();
  while (passed < 1000 && (status = open(says("198.51.100.1"), proxy, "/refused").status()) == 401) ++passed;
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  EXPECT_EQ(status, 429);
  EXPECT_GE(passed, 10);
  EXPECT_LE(passed, 11 + seconds);
  EXPECT_EQ(open(says("198.51.100.2")).status(), 101);
  EXPECT_EQ(counts().refused_by_rate, 1u);
  for (int i = 0; i < 30; ++i) {
    RawClient client{port_, 0, proxy};
    client.send("GET /hello HTTP/1.1\r\nHost: h\r\n" + says("198.51.100.1") + "\r\n");
    EXPECT_EQ(client.read_response()->status, 200) << "the proxy has met whoever asks too often for a page";
  }
}

TEST_F(ProxyTest, CountsNobodyWhoWasNotLetIn) {
  serve(behind(at_most(1)));
  std::vector<Visit> refused;
  for (int i = 0; i < 5; ++i) refused.push_back(open(says("198.51.100.1"), proxy, "/refused"));
  for (const Visit& visit : refused) EXPECT_EQ(visit.status(), 401);
  EXPECT_EQ(open(says("198.51.100.1")).status(), 101);
}

TEST_F(ProxyTest, BelievesNobodyElse) {
  serve(behind(at_most(2)));
  std::vector<Visit> eve;
  for (int i = 0; i < 3; ++i) eve.push_back(open(says("198.51.100." + std::to_string(i)), "127.0.0.1"));
  EXPECT_EQ(eve[1].status(), 101);
  EXPECT_EQ(eve[2].status(), 429);
  std::vector<Visit> bob;
  for (int i = 0; i < 2; ++i) bob.push_back(open(says("198.51.100.1")));
  EXPECT_EQ(bob[1].status(), 101) << "nothing was counted for him";
}

TEST_F(ProxyTest, CountsForTheProxyWhatItNamesNobodyForAndSaysSoOnce) {
  serve(behind(at_most(2)));
  testing::internal::CaptureStderr();
  std::vector<Visit> nameless;
  for (const char* fields : {"", "X-Forwarded-For: unknown\r\n", "X-Forwarded-For: 198.51.100.1, nobody\r\n"}) {
    nameless.push_back(open(fields));
  }
  EXPECT_EQ(nameless[1].status(), 101);
  EXPECT_EQ(nameless[2].status(), 429);
  EXPECT_EQ(open(says("198.51.100.1")).status(), 101);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, testing::HasSubstr("without a readable X-Forwarded-For"));
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
}

TEST_F(LimitsTest, SaysThatItIsFullToWhoComesLaterAndLetsNobodyWaitForIt) {
  ServerConfig config = test_config();
  config.connections_max = 3;
  config.answered_when_full = "/hello";
  serve(config);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    ASSERT_EQ(clients.back()->upgrade("/ws")->status, 101);
  }
  RawClient late{port_};
  const auto refusal = late.upgrade("/ws");
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 503);
  EXPECT_EQ(refusal->header("retry-after"), "5");
  EXPECT_EQ(refusal->header("connection"), "close");
  EXPECT_TRUE(late.is_closed_within(10s));

  RawClient probe{port_};
  probe.send(get_hello);
  const auto alive = probe.read_response();
  ASSERT_TRUE(alive);
  EXPECT_EQ(alive->status, 200);
  EXPECT_EQ(alive->header("connection"), "close");

  // Who is being refused takes the place of nobody.
  const RawClient silent{port_};
  clients.pop_back();
  EXPECT_TRUE(comes_down_to(3));
  RawClient next{port_};
  EXPECT_EQ(next.upgrade("/ws")->status, 101);
  EXPECT_EQ(counts().refused_as_full, 3u);
}

TEST_F(LimitsTest, SpendsLittleWhenItIsFull) {
  ServerConfig config = test_config();
  config.connections_max = 2;
  serve(config);
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 2 + 64; ++i) clients.push_back(std::make_unique<RawClient>(port_));
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(RawClient{port_}.is_closed_within(10s));
  EXPECT_EQ(counts().connections, 66u);
  EXPECT_EQ(counts().refused_as_full, 84u);
  for (std::size_t i = 0; i < clients.size(); ++i) {
    clients[i]->send(get_hello);
    EXPECT_EQ(clients[i]->read_response()->status, i < 2 ? 200 : 503);
  }
  clients.clear();
  EXPECT_TRUE(comes_down_to(0));
  RawClient after{port_};
  after.send(get_hello);
  EXPECT_EQ(after.read_response()->status, 200);
}

/// Lowers how many descriptors this process may have, and restores it.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t limit) {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const rlimit tight{limit, before_.rlim_max};
    ::setrlimit(RLIMIT_NOFILE, &tight);
  }
  ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit before_{};
};

TEST_F(LimitsTest, RestsWhenDescriptorsRunOutAndServesEverybodyInTheEnd) {
  constexpr int waiting = 60, free = 5;
  serve(test_config());
  on_loop([&] { server_->pause_accepting(); });
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < waiting; ++i) {
    clients.push_back(std::make_unique<RawClient>(port_));
    clients.back()->send(get_hello);
  }
  testing::internal::CaptureStderr();  // takes two descriptors
  const int next = ::dup(0);
  ::close(next);
  const Clock::duration cpu_before = loop_cpu();
  {
    const DescriptorLimit limit{static_cast<rlim_t>(next + free)};
    on_loop([&] { server_->resume_accepting(); });
    for (int i = 0; i < free; ++i) {
      const auto response = clients[static_cast<std::size_t>(i)]->read_response();
      ASSERT_TRUE(response);
      EXPECT_EQ(response->body, "hello");
    }
    // The others wait, for as long as nobody goes.
    std::this_thread::sleep_for(1s);
    EXPECT_EQ(counts().connections, static_cast<std::size_t>(free));
    // Each that goes lets another in.
    clients.erase(clients.begin(), clients.begin() + free);
    while (!clients.empty()) {
      const auto response = clients.front()->read_response();
      ASSERT_TRUE(response);
      EXPECT_EQ(response->body, "hello");
      clients.erase(clients.begin());
    }
  }
  const auto cpu = std::chrono::duration_cast<std::chrono::milliseconds>(loop_cpu() - cpu_before);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 1) << log;
  EXPECT_THAT(log, testing::HasSubstr("cannot accept a connection: Too many open files"));
  EXPECT_LT(cpu, 300ms);
  std::printf("%d clients, %d descriptors: all served, CPU of the loop %lld ms\n", waiting, free,
              static_cast<long long>(cpu.count()));
}

/// Sorted; milliseconds from connect to the whole response of a new client.
std::vector<double> latencies(std::uint16_t port, int count) {
  std::vector<double> all;
  for (int i = 0; i < count; ++i) {
    const auto begin = Clock::now();
    RawClient client{port};
    client.send(get_hello);
    EXPECT_EQ(client.read_response()->status, 200);
    all.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
  }
  std::sort(all.begin(), all.end());
  return all;
}

TEST_F(LimitsTest, ClosesFiveHundredHalfOpenConnectionsAtTheirDeadlineAndServesOthersMeanwhile) {
  serve(test_config());  // with the deadline of 5 s that everybody has
  const auto quiet = latencies(port_, 300);
  struct Half {
    std::unique_ptr<RawClient> client;
    Clock::time_point opened;
  };
  std::vector<Half> halves;
  for (int i = 0; i < 500; ++i) {
    halves.push_back({std::make_unique<RawClient>(port_), Clock::now()});
    halves.back().client->send("GET /hello HTTP/1.1\r\nHost: h\r\nX-Slow: ");
  }
  const auto busy = latencies(port_, 300);
  double earliest = 1e9, latest = 0;
  for (const Half& half : halves) {
    EXPECT_EQ(half.client->read_response()->status, 408);
    const double seconds = std::chrono::duration<double>(Clock::now() - half.opened).count();
    earliest = std::min(earliest, seconds);
    latest = std::max(latest, seconds);
  }
  std::printf("500 half-open connections: closed after %.2f to %.2f s; new clients' p99 %.2f ms, %.2f ms before\n",
              earliest, latest, busy[297], quiet[297]);
  EXPECT_GE(earliest, 4.8);
  EXPECT_LE(latest, 6.0);  // 5.2 on a machine that has time
  EXPECT_LE(busy[297], std::max(20.0, 3 * quiet[297]));
  halves.clear();
  EXPECT_TRUE(comes_down_to(0));
}

}  // namespace
}  // namespace carillon::http
