// One object tells others that something happened. Single thread; slots run in the order in which they connected.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

namespace carillon {

/// Keeps a slot connected for as long as it lives. May outlive the signal.
class Subscription {
 public:
  Subscription() = default;
  explicit Subscription(std::shared_ptr<bool> alive) : alive_{std::move(alive)} {}
  Subscription(Subscription&&) noexcept = default;
  Subscription& operator=(Subscription&& other) noexcept {
    disconnect();
    alive_ = std::move(other.alive_);
    return *this;
  }
  ~Subscription() { disconnect(); }

  void disconnect() {
    if (alive_) *alive_ = false;
    alive_.reset();
  }

 private:
  std::shared_ptr<bool> alive_;
};

template <class... Args>
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  /// Connected until the returned Subscription goes.
  [[nodiscard]] Subscription connect(std::function<void(Args...)> slot) {
    auto alive = std::make_shared<bool>(true);
    slots_->list.push_back({alive, std::move(slot)});
    return Subscription{std::move(alive)};
  }

  /// Connected until the signal goes: for slots that live at least as long.
  void connect_forever(std::function<void(Args...)> slot) {
    slots_->list.push_back({std::make_shared<bool>(true), std::move(slot)});
  }

  /// A slot may connect, disconnect, or destroy the signal itself meanwhile. New slots are called next time.
  void emit(Args... args) const {
    const Running running{slots_};
    auto& list = running.slots->list;
    auto slot = list.begin();
    for (auto left = list.size(); left > 0; --left, ++slot) {
      if (*slot->alive) slot->call(args...);
    }
  }

  void clear() {
    for (auto& slot : slots_->list) *slot.alive = false;
  }

 private:
  struct Slot {
    std::shared_ptr<bool> alive;
    std::function<void(Args...)> call;
  };
  struct Slots {
    std::list<Slot> list;
    int emits = 0;  // that run, one within the other
  };
  /// What is disconnected is erased when no emit() stands on it any more, be it left by a return or by an exception.
  struct Running {
    explicit Running(std::shared_ptr<Slots> all) : slots{std::move(all)} { ++slots->emits; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
      if (--slots->emits == 0) slots->list.remove_if([](const Slot& slot) { return !*slot.alive; });
    }
    std::shared_ptr<Slots> slots;
  };
  // Shared with a running emit(), so that a slot may destroy the signal.
  std::shared_ptr<Slots> slots_ = std::make_shared<Slots>();
};

}  // namespace carillon
