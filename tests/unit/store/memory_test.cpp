// src/store/memory.cpp: the fake passes the suite, and fails when a test wants it to.
#include "store/memory.hpp"

#include "unit/store/store_suite.hpp"

namespace carillon::store {
namespace {

std::unique_ptr<Store> make_memory(boost::asio::any_io_executor executor) {
  return std::make_unique<MemoryStore>(std::move(executor));
}

INSTANTIATE_TEST_SUITE_P(Memory, StoreSuite, testing::Values(Maker{"Memory", make_memory}),
                         testing::PrintToStringParamName());

TEST(MemoryStore, FailsAsItIsToldUntilItIsToldOtherwise) {
  Asking asking;
  MemoryStore store{asking.loop.get_executor()};
  store.fail_with(fail(Errc::unavailable, "gone"));
  const auto refused = asking.save(store, missed_call("c1", "alice", "bob", at(0)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error(), (Error{Errc::unavailable, "gone"}));
  store.fail_with(std::nullopt);
  EXPECT_EQ(asking.find(store, "c1"), std::nullopt) << "what failed was not kept";
  EXPECT_TRUE(asking.save(store, missed_call("c1", "alice", "bob", at(0))));
  EXPECT_TRUE(asking.find(store, "c1"));
}

}  // namespace
}  // namespace carillon::store
