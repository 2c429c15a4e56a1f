#include "router-service/conditions/marks.h"

#include <algorithm>

#include "router-service/conditions/patterns.h"
#include "router-service/glob.h"

namespace wayleave::router {
namespace {

// Names of models begin alike, so what tells them apart may come late.
constexpr std::size_t kLongestStart = 16;

Mark StartOf(std::string_view model, std::size_t length) { return MarkOf("model^", model.substr(0, length)); }

}  // namespace

std::vector<Mark> MarksOf(std::string_view kind, const Patterns& patterns) {
  std::vector<Mark> marks;
  if (!patterns.globs().empty()) return marks;
  for (const std::string& name : patterns.names()) marks.push_back(MarkOf(kind, name));
  return marks;
}

std::vector<Mark> ModelMarks(const Patterns& patterns) {
  std::vector<Mark> marks;
  for (const std::string& name : patterns.names()) marks.push_back(MarkOf("model", name));
  for (const std::string& glob : patterns.globs()) {
    const std::size_t start = std::min(LiteralPrefix(glob), kLongestStart);
    if (start == 0) return {};
    marks.push_back(StartOf(glob, start));
  }
  return marks;
}

std::vector<Mark> MarksOf(std::string_view kind, std::string_view name, const Patterns& patterns) {
  if (!patterns.globs().empty()) return {MarkOf(kind, name)};
  std::vector<Mark> marks;
  for (const std::string& value : patterns.names()) marks.push_back(MarkOf(kind, name, value));
  return marks;
}

std::vector<Mark> MarksOf(const v1::RouteRequest& request, const std::string& model) {
  const auth::v1::Principal& principal = request.principal();
  const v1::Needs& needs = request.needs();
  std::vector<Mark> marks{MarkOf("model", model), MarkOf("tenant", principal.tenant()), MarkOf("user", principal.user()),
                          MarkOf("endpoint", provider::v1::Endpoint_Name(request.endpoint()))};
  for (std::size_t i = 1; i <= std::min(model.size(), kLongestStart); ++i) marks.push_back(StartOf(model, i));
  for (const std::string& role : principal.roles()) marks.push_back(MarkOf("role", role));
  for (const auto& [name, value] : principal.labels()) {
    marks.insert(marks.end(), {MarkOf("key", name), MarkOf("key", name, value)});
  }
  for (const auto& [name, value] : request.headers()) {
    marks.insert(marks.end(), {MarkOf("header", name), MarkOf("header", name, value)});
  }
  if (principal.has_budget_left()) marks.push_back(MarkOf("budget", ""));
  if (needs.tools()) marks.push_back(MarkOf("needs", "tools"));
  if (needs.images()) marks.push_back(MarkOf("needs", "images"));
  if (needs.reasoning()) marks.push_back(MarkOf("needs", "reasoning"));
  return marks;
}

}  // namespace wayleave::router
