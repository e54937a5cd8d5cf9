// Stands in for ankerl::unordered_dense, which Debian 12 does not have: the part mediasoup-worker uses, made of the
// standard containers. They promise more than the original (references stay good, erase() harms no other iterator),
// so code written for it is safe on them. What differs is the order of iteration, which the original calls undefined
// too once something was erased; the worker shows it in dumps and statistics only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense {

/// std::hash gives an integer or a pointer back as it is. The worker joins such hashes (address, port, protocol) into
/// keys that strangers influence, so the bits are mixed first: the finisher of splitmix64, after one step of it.
template <typename T>
struct hash {
  std::size_t operator()(const T& value) const noexcept(noexcept(std::hash<T>{}(value))) {
    auto bits = static_cast<std::uint64_t>(std::hash<T>{}(value)) + 0x9e3779b97f4a7c15U;
    bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
    bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
    return static_cast<std::size_t>(bits ^ (bits >> 31U));
  }
};

template <typename Key, typename Value, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
using map = std::unordered_map<Key, Value, Hash, Equal>;

template <typename Key, typename Hash = hash<Key>, typename Equal = std::equal_to<Key>>
using set = std::unordered_set<Key, Hash, Equal>;

}  // namespace ankerl::unordered_dense
