// The data of one request: the first byte chooses the method, the rest is JSON. Whatever it is, each parser gives a
// value or an error that names a place in the data.
#include "fuzz/fuzz.hpp"
#include "protocol/account.hpp"
#include "protocol/commands.hpp"
#include "protocol/frame.hpp"
#include "protocol/media.hpp"

#include <boost/json/parse.hpp>

#include <array>

using namespace carillon;
using namespace carillon::protocol;

namespace {

constexpr std::array<std::string_view, 42> methods{
    "start-call",
    "accept-call",
    "decline-call",
    "end-call",
    "invite",
    "join-call",
    "leave-call",
    "watch-presence",
    "register-push",
    "unregister-push",
    "get-push-key",
    "ringing",
    "get-history",
    "mark-history-read",
    "block-user",
    "unblock-user",
    "get-blocked-users",
    "set-do-not-disturb",
    "getRouterRtpCapabilities",
    "createWebRtcTransport",
    "connectWebRtcTransport",
    "restartIce",
    "join",
    "produce",
    "produceData",
    "closeProducer",
    "pauseProducer",
    "resumeProducer",
    "pauseConsumer",
    "resumeConsumer",
    "setConsumerPreferredLayers",
    "setConsumerPriority",
    "requestConsumerKeyFrame",
    "getTransportStats",
    "getProducerStats",
    "getConsumerStats",
    "getDataProducerStats",
    "getDataConsumerStats",
    "changeDisplayName",
    "toString",
    "",
    "start-call\0x",
};

template <class T>
void check(const std::optional<Result<T>>& parsed) {
  if (!parsed || parsed->has_value()) return;
  const Error& error = parsed->error();
  FUZZ_CHECK(error.code == Errc::bad_request || error.code == Errc::too_large);
  FUZZ_CHECK(error.detail.starts_with("data"));
}

}  // namespace

FUZZ_TARGET(input) {
  fuzz::Bytes bytes{input};
  const std::string_view method = methods.at(bytes.below(methods.size()));
  json::error_code failed;
  json::parse_options options;
  options.max_depth = frame_depth_max;
  const json::value value = json::parse(bytes.rest(), failed, {}, options);
  if (failed || !value.is_object()) return;
  const json::object& data = value.get_object();
  check(parse_command(method, data));
  check(parse_account_request(method, data));
  const auto media = parse_media_request(method, data);
  check(media);
  if (media && *media) (void)call_of(**media);
}
