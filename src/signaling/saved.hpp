// Calls and devices as text for the process that follows this one, and back. The format is our own and may change: what
// another version cannot read it leaves out.
#pragma once

#include "call/calls.hpp"
#include "call/record.hpp"
#include "signaling/device.hpp"

#include <string>
#include <string_view>

namespace carillon::signaling {

/// Grows when these texts can no longer be read by builds with a smaller one, or theirs by this.
constexpr int saved_version = 1;

/// A device that may come back: who it is, and how it proves that.
struct SavedSession {
  Identity identity;
  /// SHA-256 of its resume token, base64url: who reads the file cannot take the seat.
  std::string resume_hash;
  /// The same of the token before; empty when that is void.
  std::string used_hash;
};

[[nodiscard]] std::string save_text(const call::Call::Saved& call);
[[nodiscard]] std::string save_text(const call::CallRecord& record);
[[nodiscard]] std::string save_text(const SavedSession& session);

/// bad_request: names the place.
[[nodiscard]] Result<call::Call::Saved> read_saved_call(std::string_view text);
[[nodiscard]] Result<call::CallRecord> read_saved_record(std::string_view text);
[[nodiscard]] Result<SavedSession> read_saved_session(std::string_view text);

}  // namespace carillon::signaling
