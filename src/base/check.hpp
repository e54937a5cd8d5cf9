// For what can only be false by a bug of ours: ends the program, also in release. A wrong state may not live on.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace carillon {

/// `what` is the sentence that should have been true.
inline void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "bug: not so: %s\n", what);
  std::abort();
}

}  // namespace carillon
