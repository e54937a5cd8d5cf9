#include "mediasoup/random_ids.hpp"

#include "base/random.hpp"
#include "mediasoup/ortc/ortc.hpp"

namespace carillon::mediasoup {

std::string random_uuid() { return SystemRandom{}.uuid(); }
std::string random_cname() { return random_uuid().substr(0, 8); }
std::uint32_t random_ssrc() { return ortc::ssrc_min + SystemRandom{}.number() % (ortc::ssrc_max - ortc::ssrc_min + 1); }

}  // namespace carillon::mediasoup
