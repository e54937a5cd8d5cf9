// The names on the wire, kebab-case, of the small types of this folder.
#include "call/actions.hpp"
#include "call/events.hpp"
#include "call/record.hpp"
#include "call/snapshot.hpp"

namespace carillon::call {

std::string_view to_string(Media media) {
  switch (media) {
    case Media::audio: return "audio";
    case Media::video: return "video";
  }
  return "audio";
}

std::string_view to_string(Via via) {
  switch (via) {
    case Via::socket: return "socket";
    case Via::push: return "push";
  }
  return "socket";
}

std::string_view to_string(Reachability state) {
  switch (state) {
    case Reachability::reaching: return "reaching";
    case Reachability::ringing: return "ringing";
    case Reachability::unreachable: return "unreachable";
  }
  return "reaching";
}

std::string_view to_string(Role role) {
  switch (role) {
    case Role::caller: return "caller";
    case Role::callee: return "callee";
    case Role::invited: return "invited";
  }
  return "invited";
}

std::string_view to_string(State state) {
  switch (state) {
    case State::ringing: return "ringing";
    case State::active: return "active";
  }
  return "active";
}

std::string_view to_string(YourState state) {
  switch (state) {
    case YourState::ringing: return "ringing";
    case YourState::joined: return "joined";
    case YourState::joined_elsewhere: return "joined-elsewhere";
    case YourState::out: return "out";
  }
  return "out";
}

}  // namespace carillon::call
