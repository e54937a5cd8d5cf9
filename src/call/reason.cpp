#include "call/reason.hpp"

#include <array>

namespace carillon::call {
namespace {

constexpr std::array all{
    EndReason::hangup,
    EndReason::canceled,
    EndReason::timeout,
    EndReason::declined,
    EndReason::busy,
    EndReason::answered_elsewhere,
    EndReason::declined_elsewhere,
    EndReason::disconnected,
    EndReason::failed,
    EndReason::removed,
};

}  // namespace

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::hangup: return "hangup";
    case EndReason::canceled: return "canceled";
    case EndReason::timeout: return "timeout";
    case EndReason::declined: return "declined";
    case EndReason::busy: return "busy";
    case EndReason::answered_elsewhere: return "answered-elsewhere";
    case EndReason::declined_elsewhere: return "declined-elsewhere";
    case EndReason::disconnected: return "disconnected";
    case EndReason::failed: return "failed";
    case EndReason::removed: return "removed";
  }
  return "failed";
}

std::optional<EndReason> parse_end_reason(std::string_view name) {
  for (const EndReason reason : all) {
    if (to_string(reason) == name) return reason;
  }
  return std::nullopt;
}

}  // namespace carillon::call
