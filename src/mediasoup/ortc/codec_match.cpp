#include "mediasoup/ortc/codec_match.hpp"

#include "mediasoup/ortc/h264_profile.hpp"
#include "mediasoup/ortc/ortc.hpp"
#include "mediasoup/ortc/parameter_value.hpp"

#include <algorithm>
#include <cctype>

namespace carillon::ortc {

namespace {

using Compare = bool (*)(const ParameterValue*, const ParameterValue*);

bool agree(const CodecView& a, const CodecView& b, std::string_view name, Compare compare) {
  return compare(find_parameter(a.parameters, name), find_parameter(b.parameters, name));
}

}  // namespace

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

bool codecs_match(const CodecView& a, const CodecView& b, Strictness strictness) {
  if (!equals_ignoring_case(a.mime_type, b.mime_type)) return false;
  if (a.clock_rate != b.clock_rate || a.channels != b.channels) return false;
  if (equals_ignoring_case(a.mime_type, "audio/multiopus"))
    return agree(a, b, "num_streams", is_same) && agree(a, b, "coupled_streams", is_same);
  if (strictness == Strictness::loose) return true;
  if (equals_ignoring_case(a.mime_type, "video/h264"))
    return agree(a, b, "packetization-mode", is_same_or_zero) && is_same_h264_profile(a.parameters, b.parameters);
  if (equals_ignoring_case(a.mime_type, "video/vp9")) return agree(a, b, "profile-id", is_same_or_zero);
  return true;
}

bool is_rtx_codec(std::string_view mime_type) {
  constexpr std::string_view end = "/rtx";
  return mime_type.size() > end.size() && equals_ignoring_case(mime_type.substr(mime_type.size() - end.size()), end);
}

}  // namespace carillon::ortc
