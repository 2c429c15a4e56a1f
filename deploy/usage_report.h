#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "auth-service/time.h"
#include "wayleave/auth/v1/auth.pb.h"

namespace wayleave::deploy {

enum class UsageFormat { kTable, kCsv, kJson };

// Recorded requests, or sums of them, written as they come, page by page: a table for a terminal, CSV, or JSON, which
// is one object with the list `records` or `sums` and, behind it, `total`. Amounts in US dollars are exact. Not
// thread-safe.
class UsageReport {
 public:
  // With `by`, of sums grouped so; without, of requests.
  UsageReport(UsageFormat format, std::vector<std::string> by) : format_(format), by_(std::move(by)) {}

  // Each returns the text to write next. Begin() first, End() once.
  std::string Begin();
  std::string Page(const std::vector<auth::v1::Settlement>& records);
  std::string Page(const std::vector<auth::v1::UsageSum>& sums);
  std::string End(const auth::v1::UsageSum& total);

 private:
  std::string Item(const google::protobuf::Message& message);

  const UsageFormat format_;
  const std::vector<std::string> by_;
  bool first_ = true;
};

// Adds a request to a sum.
void AddTo(auth::v1::UsageSum& total, const auth::v1::Settlement& record);

}  // namespace wayleave::deploy
