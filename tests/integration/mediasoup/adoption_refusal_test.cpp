// What Worker::save() does not save and Worker::adopt() does not take, and that nothing has changed then.
#include "adoption_fixture.hpp"

#include <boost/asio/co_spawn.hpp>

#include <set>

namespace carillon::mediasoup {
namespace {

/// The parsers of ortc/ know these, and have their own tests.
bool is_ortc(std::string_view key) {
  return key == "rtpParameters" || key == "consumableRtpParameters" || key == "rtpCapabilities" ||
         key == "dtlsParameters" || key == "sctpStreamParameters" || key == "srtpParameters";
}

/// Of each object in it, the innermost too, the JSON pointer. What lies below `appData` is free.
void collect(const json::value& value, const std::string& at, std::vector<std::string>& objects) {
  if (const auto* array = value.if_array()) {
    for (std::size_t i = 0; i < array->size(); ++i) collect((*array)[i], at + "/" + std::to_string(i), objects);
  }
  const auto* object = value.if_object();
  if (object == nullptr) return;
  objects.push_back(at);
  for (const auto& field : *object) {
    const std::string key{field.key()};
    if (key != "appData" && !is_ortc(key)) collect(field.value(), at + "/" + key, objects);
  }
}

/// Not: what may be missing, what is there for older clients only, and the free data of `appData`.
bool needed(const json::object& object, std::string_view key) {
  if (object.contains("foundation") && (key == "type" || key == "ip" || key == "tcpType")) return false;
  static const std::set<std::string_view> optional{"OS",
                                                   "MIS",
                                                   "maxMessageSize",
                                                   "remoteIp",
                                                   "temporalLayer",
                                                   "preferredLayers",
                                                   "sctpParameters",
                                                   "sctpState",
                                                   "sctpStreamParameters",
                                                   "slot",
                                                   "name",
                                                   "room",
                                                   "peer",
                                                   "device"};
  return !optional.contains(key);
}

class AdoptionRefusalTest : public AdoptionTest {};

TEST_F(AdoptionRefusalTest, NothingIsSavedWhileARequestIsUnderWay) {
  run([this]() -> asio::awaitable<void> {
    const auto worker = co_await new_worker();
    bool answered = false;
    asio::co_spawn(io, worker->dump(), [&](std::exception_ptr, const Result<json::value>&) { answered = true; });
    EXPECT_FALSE(worker->quiet());
    EXPECT_EQ(code_of(worker->save()), Errc::conflict);
    EXPECT_TRUE(co_await eventually([&] { return worker->quiet(); }));
    EXPECT_TRUE(answered);
    EXPECT_TRUE(worker->save().has_value());
    worker->close();
    EXPECT_EQ(code_of(worker->save()), Errc::worker_died);
  });
}

TEST_F(AdoptionRefusalTest, APipedRouterIsNotSaved) {
  run([this]() -> asio::awaitable<void> {
    const auto router = co_await new_router();
    const auto worker = workers.back();
    co_await pipe(router, pipe_options());
    EXPECT_TRUE(co_await eventually([&] { return worker->quiet(); }));
    EXPECT_EQ(code_of(worker->save()), Errc::unsupported);
    EXPECT_FALSE(worker->closed());
  });
}

TEST_F(AdoptionRefusalTest, AStateThatCannotBeUsedIsRefusedAndChangesNothing) {
  run([this]() -> asio::awaitable<void> {
    House house = co_await build();
    const std::string text = co_await save(house.worker);
    let_go(house.worker);
    json::object other = json::parse(text).as_object();
    other["format"] = 2;
    EXPECT_EQ(code_of(try_adopt(json::serialize(other))), Errc::conflict);
    other = json::parse(text).as_object();
    other["workerVersion"] = "3.0.0";
    EXPECT_EQ(code_of(try_adopt(json::serialize(other))), Errc::conflict);
    other = json::parse(text).as_object();
    other["pid"] = 1;  // lives, and is no child of ours
    EXPECT_EQ(code_of(try_adopt(json::serialize(other))), Errc::not_found);
    other = json::parse(text).as_object();
    other.at("channel").as_object()["readFd"] = 999;
    EXPECT_EQ(code_of(try_adopt(json::serialize(other))), Errc::bad_request);

    // Each field of the whole tree in turn is missing, or of another type.
    std::size_t refused = 0;
    const json::value whole = json::parse(text);
    std::vector<std::string> objects;
    collect(whole, "", objects);
    for (const std::string& at : objects) {
      const json::object& good = whole.at_pointer(at).as_object();
      for (const auto& field : good) {
        if (!needed(good, field.key())) continue;
        json::value broken = whole;
        broken.at_pointer(at).as_object().erase(field.key());
        EXPECT_EQ(code_of(try_adopt(json::serialize(broken))), Errc::bad_request) << at << "/" << field.key();
        broken.at_pointer(at).as_object()[field.key()] = nullptr;
        EXPECT_EQ(code_of(try_adopt(json::serialize(broken))), Errc::bad_request) << at << "/" << field.key();
        ++refused;
      }
    }
    EXPECT_GT(refused, 100U);

    const auto worker = adopt(text);
    must(co_await worker->dump());
    must(co_await worker->router_by_id(house.router)->producer_by_id(house.audio)->pause());
  });
}

}  // namespace
}  // namespace carillon::mediasoup
