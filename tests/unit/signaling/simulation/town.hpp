// One simulated run: a town of users with several devices, a server, and everything that can go wrong between them.
#pragma once

#include "unit/signaling/simulation/fake_device.hpp"
#include "unit/signaling/simulation/inspector.hpp"
#include "unit/signaling/simulation/judge.hpp"
#include "unit/signaling/simulation/server.hpp"
#include "unit/signaling/simulation/world.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace carillon::simulation {

class Town {
 public:
  /// What came of a run.
  struct Outcome {
    std::string failure;  ///< Empty: all that must hold held.
    std::uint64_t digest = 0;
    std::size_t events = 0;
    std::size_t calls = 0;
    std::size_t kills = 0;
    std::size_t upgrades = 0;
    std::size_t workers = 0;
    Duration time{0};
  };
  Town(std::uint64_t seed, const std::string& journal_path, bool talks);

  [[nodiscard]] Outcome run();

 private:
  static Server::Manners manners(Dice& dice);
  void live();
  void step();
  void fault();
  void time_passes();
  void look_closely();
  void everybody_rests();
  void everybody_goes();
  [[nodiscard]] std::shared_ptr<FakeWorker> some_worker();

  World world_;
  Server server_;
  Judge judge_;
  signaling::Inspector inspector_;
  FakeDevice::Town shared_;
  std::vector<std::unique_ptr<FakeDevice>> devices_;
  Time began_;
  bool store_failed_ = false;
  bool may_sleep_ = false;  // for hours: no probes of workers meanwhile
};

}  // namespace carillon::simulation
