#include "base/private_folder.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

namespace carillon {

std::error_code make_private_folder(std::string path) {
  // With a slash at its end the last folder would be one above nothing.
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  if (path.empty()) return {};  // where we are
  std::error_code ignored;
  const std::filesystem::path above = std::filesystem::path{path}.parent_path();
  if (!above.empty()) std::filesystem::create_directories(above, ignored);
  if (::mkdir(path.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return {errno, std::generic_category()};
}

}  // namespace carillon
