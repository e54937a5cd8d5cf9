// src/signaling/device: the ids of devices.
#include "signaling/device.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace carillon::signaling {
namespace {

TEST(DeviceIds, AreTheUserAndHisOwnWordWhereNothingNeedsEscaping) {
  EXPECT_EQ(device_id(UserId{"alice@example.org"}, "phone"), DeviceId{"alice@example.org/phone"});
}

TEST(DeviceIds, OfTwoUsersAreNeverTheSame) {
  const std::vector<std::string> texts{"bob", "bob/k3", "bob%2Fk3", "bob%252Fk3", "k3", "k3/9s",
                                       "9s",  "/",      "%",        "%2F",        "%25"};
  std::set<DeviceId> ids;
  for (const std::string& user : texts) {
    for (const std::string& label : texts) {
      const DeviceId id = device_id(UserId{user}, label);
      EXPECT_TRUE(ids.insert(id).second) << user << " and " << label << ": " << id.str();
      EXPECT_EQ(device_label(UserId{user}, id), label);
    }
  }
}

TEST(DeviceIds, NoOtherUserFindsHimselfInThem) {
  const DeviceId his = device_id(UserId{"bob"}, "k3/9s");
  EXPECT_EQ(device_label(UserId{"bob/k3"}, his), his.str());
}

TEST(DeviceIds, WithoutAUserAreTheirOwnLabel) {
  EXPECT_EQ(device_label(UserId{"bob"}, DeviceId{"0e8c1a54"}), "0e8c1a54");
}

TEST(DeviceIds, HaveALongest) {
  EXPECT_EQ(device_id(UserId{std::string(128, '/')}, std::string(128, '/')).str().size(), device_id_bytes_max);
}

}  // namespace
}  // namespace carillon::signaling
