#include "router-service/conditions/condition.h"
#include "router-service/conditions/inquiry.h"

namespace wayleave::router {
namespace {

class InputTokensAbove final : public Condition {
 public:
  explicit InputTokensAbove(std::int64_t tokens) : tokens_(tokens) {}

  bool Holds(const Inquiry& inquiry) const override { return inquiry.request().input_tokens() > tokens_; }
  std::string Wants() const override { return "more than " + std::to_string(tokens_) + " input tokens"; }
  std::string Found(const Inquiry& inquiry) const override {
    return "there are about " + std::to_string(inquiry.request().input_tokens());
  }

 private:
  const std::int64_t tokens_;
};

}  // namespace

// `input_tokens_above: 100000`: by the gateway's rough count.
std::shared_ptr<const Condition> ReadInputTokensAbove(config::Section& when, const std::string&, Shared&) {
  if (!when.Has("input_tokens_above")) return nullptr;
  std::int64_t tokens = 0;
  when.Read("input_tokens_above", tokens);
  if (tokens < 0) when.Fail("input_tokens_above", "must not be negative");
  return std::make_shared<InputTokensAbove>(tokens);
}

}  // namespace wayleave::router
