// What the server counts, for GET /metrics: the text format of Prometheus. docs/metrics.md lists every name. Labels are
// of closed lists: never a user, a room or a text that somebody sent.
#pragma once

#include "call/limits.hpp"
#include "call/record.hpp"
#include "push/provider.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace carillon::signaling {

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // ---- What happens ----

  /// A request of a client was answered. `method` is one that we know, or "unknown"; `code` 200, or that of the error.
  void answered(std::string_view method, int code, std::chrono::duration<double> took);
  void call_ended(const call::CallRecord& record);
  /// What came of a push in the end.
  void pushed(std::string_view provider, const push::Verdict& verdict);
  /// A limit of the configuration refused something.
  void limited(std::string_view limit);

  // ---- What is, or is counted elsewhere: looked at when somebody asks ----

  struct Now {
    std::size_t calls = 0;
    std::size_t web_sockets = 0;
    std::size_t http_connections = 0;
    std::size_t workers = 0;           ///< As many as there should be,
    std::set<std::size_t> workers_up;  ///< and which of them, from 0, serve.
    std::size_t worker_restarts = 0;
    std::uint64_t refused_as_full = 0;        ///< By the limit of connections in all.
    std::uint64_t connections_refused = 0;    ///< By the limit of connections of one address.
    std::uint64_t connections_too_often = 0;  ///< By that of its new connections in a second.
    call::Refusals refusals;
    std::optional<Time> certificate_expires = {};  ///< nullopt: no TLS.
  };
  [[nodiscard]] std::string text(const Now& now);

 private:
  struct Families;
  std::unique_ptr<Families> families_;
};

}  // namespace carillon::signaling
