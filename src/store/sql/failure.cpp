#include "store/sql/failure.hpp"

namespace carillon::store {

std::string_view advice(Failure::Kind kind) {
  switch (kind) {
    case Failure::Kind::data: return "this one is lost, the others are kept";
    case Failure::Kind::gone: return "see whether PostgreSQL runs, is reached from here and lets this program in";
    case Failure::Kind::full: return "make space on its disk";
    case Failure::Kind::locked: return "another program has held it for seconds: end that one";
    case Failure::Kind::denied: return "let the user that runs this program read and write it";
    case Failure::Kind::newer:
      return "start the newer program again, or bring back the copy made before it was upgraded";
    case Failure::Kind::broken:
      return "look at its disk and at the system's log; PRAGMA integrity_check examines a file";
  }
  return "";
}

Error to_error(const Failure& failure) {
  if (failure.kind() == Failure::Kind::data) return fail(Errc::bad_request, "the database refuses this data");
  return fail(Errc::unavailable, "the database cannot be used now");
}

}  // namespace carillon::store
