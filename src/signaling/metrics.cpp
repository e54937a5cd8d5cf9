#include "signaling/metrics.hpp"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

namespace carillon::signaling {
namespace {

/// From what costs nothing to what a client no longer waits for.
const prometheus::Histogram::BucketBoundaries request_seconds{
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
/// People take their time, and ring for two minutes at most.
const prometheus::Histogram::BucketBoundaries setup_seconds{0.5, 1, 2, 3, 5, 10, 15, 20, 30, 60, 120};

/// Counters only grow, so one that is kept elsewhere is brought up to there.
void raise(prometheus::Counter& counter, double to) {
  if (to > counter.Value()) counter.Increment(to - counter.Value());
}

std::string_view result_of(const push::Verdict& verdict) {
  switch (verdict.outcome) {
    case push::Outcome::taken: return "taken";
    case push::Outcome::gone: return "gone";
    case push::Outcome::expired: return "expired";
    case push::Outcome::again:
    case push::Outcome::renew:
    case push::Outcome::refused: return "refused";
  }
  return "refused";
}

// ---- The process, as Linux tells it (proc(5)) --------------------------------------------------------------------

/// Fields of /proc/self/stat from the third on: the second is the program's name, which may hold anything.
std::vector<std::string> process_fields() {
  std::ifstream file{"/proc/self/stat"};
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  std::istringstream rest{text.substr(text.rfind(')') + 1)};
  return {std::istream_iterator<std::string>{rest}, {}};
}

double number(const std::vector<std::string>& fields, std::size_t field) {
  constexpr std::size_t first = 3;
  return field - first < fields.size() ? std::strtod(fields[field - first].c_str(), nullptr) : 0;
}

double booted_at() {
  std::ifstream file{"/proc/stat"};
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return 0;
}

double open_fds() {
  std::error_code error;
  std::filesystem::directory_iterator fds{"/proc/self/fd", error};
  if (error) return 0;
  return static_cast<double>(std::distance(begin(fds), end(fds))) - 1;  // the one that looks
}

double fds_max() {
  rlimit limit{};
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<double>(limit.rlim_cur) : 0;
}

}  // namespace

struct Metrics::Families {
  using Counters = prometheus::Family<prometheus::Counter>;
  using Gauges = prometheus::Family<prometheus::Gauge>;

  Counters& counters(const char* name, const char* help) {
    return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  }
  prometheus::Gauge& gauge(const char* name, const char* help) {
    return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }
  prometheus::Histogram& histogram(const char* name, const char* help,
                                   const prometheus::Histogram::BucketBoundaries& bounds) {
    return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, bounds);
  }

  prometheus::Registry registry;

  prometheus::Gauge& calls_active = gauge("carillon_calls_active", "Calls that ring or run.");
  Counters& calls = counters("carillon_calls_total", "Calls that have ended: answered, or why nobody answered.");
  prometheus::Histogram& call_setup = histogram(
      "carillon_call_setup_seconds", "From start-call to the first answer, of answered calls.", setup_seconds);
  prometheus::Gauge& web_sockets = gauge("carillon_ws_connections", "Open WebSockets.");
  prometheus::Gauge& connections = gauge("carillon_http_connections", "Open connections of all kinds, WebSockets too.");
  Counters& requests =
      counters("carillon_signaling_requests_total", "Requests of clients by WebSocket: 200, or the error's code.");
  prometheus::Histogram& request_duration =
      histogram("carillon_signaling_request_duration_seconds", "From a request of a client by WebSocket to its answer.",
                request_seconds);
  Gauges& worker_up =
      prometheus::BuildGauge().Name("carillon_worker_up").Help("1: this media worker serves.").Register(registry);
  prometheus::Counter& worker_restarts =
      counters("carillon_worker_restarts_total", "Media workers that were started in place of dead ones.").Add({});
  Counters& pushes = counters("carillon_push_total", "Pushes, by what came of them in the end.");
  Counters& refused = counters("carillon_limited_total", "What a limit of the configuration has refused.");

  Gauges& certificate_expires = prometheus::BuildGauge()
                                    .Name("carillon_tls_certificate_expires_timestamp_seconds")
                                    .Help("When the TLS certificate in use runs out; absent without TLS.")
                                    .Register(registry);

  prometheus::Counter& cpu = counters("process_cpu_seconds_total", "User and system time of this process.").Add({});
  prometheus::Gauge& resident = gauge("process_resident_memory_bytes", "Memory of this process that is in RAM.");
  prometheus::Gauge& size = gauge("process_virtual_memory_bytes", "Address space of this process.");
  prometheus::Gauge& fds = gauge("process_open_fds", "Open file descriptors of this process.");
  prometheus::Gauge& max_fds = gauge("process_max_fds", "How many file descriptors this process may have.");
  prometheus::Gauge& started = gauge("process_start_time_seconds", "When this process began, in seconds since 1970.");

  void look_at_process() {
    const std::vector<std::string> fields = process_fields();
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    raise(cpu, (number(fields, 14) + number(fields, 15)) / ticks);
    resident.Set(number(fields, 24) * static_cast<double>(::sysconf(_SC_PAGESIZE)));
    size.Set(number(fields, 23));
    fds.Set(open_fds());
    max_fds.Set(fds_max());
    started.Set(booted_at() + number(fields, 22) / ticks);
  }
};

Metrics::Metrics() : families_{std::make_unique<Families>()} {
  // From the first look on, so that a rate sees the first refusal too.
  for (const char* limit :
       {"connections", "connections-per-ip", "connections-per-second-ip", "sessions-per-user", "messages-per-second",
        "messages-per-second-user", "producers-per-second", "waiting-per-user", "rings-per-minute-user",
        "rings-per-minute-pair", "rings-at-once-pair", "rooms-per-key"})
    families_->refused.Add({{"limit", limit}});
}

Metrics::~Metrics() = default;

void Metrics::answered(std::string_view method, int code, std::chrono::duration<double> took) {
  families_->requests.Add({{"method", std::string{method}}, {"code", fmt::format("{}", code)}}).Increment();
  families_->request_duration.Observe(took.count());
}

void Metrics::call_ended(const call::CallRecord& record) {
  const std::string_view outcome = record.answered_at ? "answered" : to_string(record.reason);
  families_->calls.Add({{"outcome", std::string{outcome}}}).Increment();
  if (record.answered_at)
    families_->call_setup.Observe(std::chrono::duration<double>(*record.answered_at - record.started_at).count());
}

void Metrics::pushed(std::string_view provider, const push::Verdict& verdict) {
  families_->pushes.Add({{"provider", std::string{provider}}, {"result", std::string{result_of(verdict)}}}).Increment();
}

void Metrics::limited(std::string_view limit) { families_->refused.Add({{"limit", std::string{limit}}}).Increment(); }

std::string Metrics::text(const Now& now) {
  Families& all = *families_;
  all.calls_active.Set(static_cast<double>(now.calls));
  all.web_sockets.Set(static_cast<double>(now.web_sockets));
  all.connections.Set(static_cast<double>(now.http_connections));
  for (std::size_t worker = 0; worker < now.workers; ++worker)
    all.worker_up.Add({{"worker", fmt::format("{}", worker)}}).Set(now.workers_up.contains(worker) ? 1 : 0);
  raise(all.worker_restarts, static_cast<double>(now.worker_restarts));
  const auto bring_up = [&](std::string_view limit, std::uint64_t count) {
    raise(all.refused.Add({{"limit", std::string{limit}}}), static_cast<double>(count));
  };
  bring_up("connections", now.refused_as_full);
  bring_up("connections-per-ip", now.connections_refused);
  bring_up("connections-per-second-ip", now.connections_too_often);
  if (now.certificate_expires) {
    families_->certificate_expires.Add({}).Set(static_cast<double>(to_ms(*now.certificate_expires)) / 1000);
  }
  bring_up(to_string(call::Limit::rings_per_minute_user), now.refusals.rings_per_minute_user);
  bring_up(to_string(call::Limit::rings_per_minute_pair), now.refusals.rings_per_minute_pair);
  bring_up(to_string(call::Limit::rooms_per_key), now.refusals.rooms_per_key);
  bring_up(to_string(call::Limit::rings_at_once_pair), now.refusals.rings_at_once_pair);
  all.look_at_process();
  return prometheus::TextSerializer{}.Serialize(all.registry.Collect());
}

}  // namespace carillon::signaling
