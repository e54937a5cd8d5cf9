// One kind of push service: how it is asked, and what its answers mean. A third kind is one file with a class of these,
// and one line in signaling/. Holds no socket and no timer: push::Sender has those.
#pragma once

#include "base/result.hpp"
#include "base/time.hpp"
#include "fetch/client.hpp"
#include "push/message.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace carillon::push {

enum class Outcome {
  taken,    ///< The service has it.
  gone,     ///< The device is not registered there any more: delete it.
  again,    ///< Try again, not before `wait`.
  renew,    ///< Who we are is not accepted any more: prove it anew, then try again, once.
  refused,  ///< No use in trying again.
  expired,  ///< Its time was over before the service took it. Said by the sender, never by a provider.
};

struct Verdict {
  Outcome outcome = Outcome::refused;
  std::optional<Duration> wait = {};  ///< What the service asked for (Retry-After).
  std::string why = {};               ///< For the ledger and the log: "gone", "refused 403". Never a secret.
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// All times are of the system's clock (Clock::wall).
class Provider {
 public:
  virtual ~Provider() = default;

  /// `type` of register-push.
  [[nodiscard]] virtual std::string_view type() const = 0;
  /// From the data of register-push. Errors: bad_request, forbidden, with the place below `path`.
  [[nodiscard]] virtual Result<Target> parse(const json::object& data, std::string_view path) const = 0;

  /// What must be fetched before the next request can be made: a proof of who we are. nullopt: nothing.
  [[nodiscard]] virtual Result<std::optional<fetch::Request>> login(Time) { return std::optional<fetch::Request>{}; }
  /// The answer to it. An error says why there is no proof; unavailable means that a later try may help.
  [[nodiscard]] virtual Result<> logged_in(const fetch::Response&, Time) { return {}; }
  /// The proof we have is not accepted.
  virtual void forget_login() {}

  /// Only when login() asks for nothing.
  [[nodiscard]] virtual Result<fetch::Request> request(const Target& target, const Message& message, Time now) = 0;
  [[nodiscard]] virtual Verdict judge(const fetch::Response& response, Time now) const = 0;
};

/// "refused 403".
[[nodiscard]] Verdict refused(int status);
/// What 408, 429 and 5xx mean everywhere: later, after the time that Retry-After says.
[[nodiscard]] std::optional<Verdict> busy(const fetch::Response& response, Time now);

}  // namespace carillon::push
