// worker/adapt/ankerl/unordered_dense.h: what mediasoup-worker does with its maps and sets.
#include <ankerl/unordered_dense.h>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <type_traits>

namespace {

template <typename Key, typename Value>
using Map = ankerl::unordered_dense::map<Key, Value>;
template <typename T>
using Hash = ankerl::unordered_dense::hash<T>;

enum class Method : std::uint8_t { produce, consume };

TEST(UnorderedDense, MapTakesEachKindOfKeyTheWorkerHas) {
  const Map<std::string, int> by_name{{"one", 1}, {"two", 2}};
  EXPECT_EQ(by_name.at("two"), 2);
  EXPECT_EQ(by_name.find("three"), by_name.end());

  const Map<Method, const char*> by_method{{Method::produce, "produce"}, {Method::consume, "consume"}};
  EXPECT_STREQ(by_method.at(Method::consume), "consume");

  const int a = 1;
  const int b = 2;
  const ankerl::unordered_dense::set<const int*> pointers{&a, &b, &a};
  EXPECT_EQ(pointers.size(), 2U);
  EXPECT_TRUE(pointers.contains(&b));
}

TEST(UnorderedDense, ErasingWhileIteratingVisitsEveryElementOnce) {
  Map<int, int> map;
  for (int key = 0; key < 1000; ++key) {
    map.emplace(key, key);
  }
  std::set<int> seen;
  for (auto it = map.begin(); it != map.end();) {
    EXPECT_TRUE(seen.insert(it->first).second);
    it = it->first % 2 == 0 ? map.erase(it) : std::next(it);
  }
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_EQ(map.size(), 500U);
}

TEST(UnorderedDense, AReferenceStaysGoodWhileTheMapGrows) {
  Map<int, std::string> map;
  const std::string& first = map[0];
  map[0] = "first";
  for (int key = 1; key < 10'000; ++key) {
    map[key] = "other";
  }
  EXPECT_EQ(first, "first");
}

struct Tuple {
  std::uint32_t address = 0;
  std::uint16_t port = 0;
  bool operator==(const Tuple&) const = default;
};
struct TupleHash {
  using is_avalanching = void;  // the worker's own hashes say so, and the standard containers must not mind
  std::size_t operator()(const Tuple& tuple) const noexcept {
    return Hash<std::uint32_t>{}(tuple.address) ^ Hash<std::uint16_t>{}(tuple.port);
  }
};

TEST(UnorderedDense, MapTakesAHashOfTheCaller) {
  ankerl::unordered_dense::map<Tuple, int, TupleHash> map;
  map[{0x7f000001, 1}] = 1;
  map[{0x7f000001, 2}] = 2;
  EXPECT_EQ((map[{0x7f000001, 2}]), 2);
  EXPECT_EQ(map.size(), 2U);
}

TEST(UnorderedDense, HashIsTheSameForTheSameValueAndNeverThrows) {
  EXPECT_EQ(Hash<std::string>{}("alice"), Hash<std::string>{}(std::string("alice")));
  EXPECT_NE(Hash<std::string>{}("alice"), Hash<std::string>{}("bob"));
  static_assert(noexcept(Hash<std::uint64_t>{}(1)));
}

TEST(UnorderedDense, HashSpreadsKeysThatDifferInHighBitsOnly) {
  // With the identity, all of these would meet in one bucket of a power of two.
  std::set<std::size_t> low_bits;
  for (std::uint64_t i = 0; i < 256; ++i) {
    low_bits.insert(Hash<std::uint64_t>{}(i << 32U) & 0xffffU);
  }
  EXPECT_GT(low_bits.size(), 240U);
}

TEST(UnorderedDense, HashChangesAboutHalfItsBitsWhenOneBitOfTheValueChanges) {
  int changed = 0;
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t one_bit = std::uint64_t{1} << bit;
    changed += __builtin_popcountll(Hash<std::uint64_t>{}(0x1234) ^ Hash<std::uint64_t>{}(0x1234 ^ one_bit));
  }
  EXPECT_NEAR(changed / 64.0, 32.0, 3.0);
}

}  // namespace
