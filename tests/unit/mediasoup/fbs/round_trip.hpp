// Writes a table as the library would send it and reads it back from the bytes.
#pragma once

#include "mediasoup/channel/messages.hpp"

#include <gtest/gtest.h>

namespace carillon::mediasoup {

/// Keeps the bytes that the table lies in.
template <class Table>
class Written {
 public:
  template <class Write>
  explicit Written(Write write) {
    builder_.Finish(flatbuffers::Offset<Table>{write(builder_)});
    flatbuffers::Verifier verifier{builder_.GetBufferPointer(), builder_.GetSize()};
    EXPECT_TRUE(verifier.VerifyBuffer<Table>(nullptr)) << "the worker would refuse it";
  }
  const Table& operator*() const { return *flatbuffers::GetRoot<Table>(builder_.GetBufferPointer()); }
  const Table* operator->() const { return &**this; }

 private:
  Builder builder_;
};

}  // namespace carillon::mediasoup
