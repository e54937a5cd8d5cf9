#include "mediasoup/random_ids.hpp"

#include "base/random.hpp"
#include "mediasoup/ortc/ortc.hpp"

namespace carillon::mediasoup {

std::string random_uuid(const Channel& channel) { return channel.random().uuid(); }
std::string random_cname(const Channel& channel) { return random_uuid(channel).substr(0, 8); }
std::uint32_t random_ssrc(const Channel& channel) {
  return ortc::ssrc_min + channel.random().number() % (ortc::ssrc_max - ortc::ssrc_min + 1);
}

}  // namespace carillon::mediasoup
