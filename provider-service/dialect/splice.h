#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wayleave::provider {

// A body in pieces: parts of the original, which must outlive it, and new text between them. Moves keep the pieces
// good; it cannot be copied.
class SplicedBody {
 public:
  SplicedBody() = default;
  SplicedBody(SplicedBody&&) = default;
  SplicedBody& operator=(SplicedBody&&) = default;

  // In order; none is empty. Sent one after the other they are the body.
  const std::vector<std::string_view>& pieces() const { return pieces_; }
  std::size_t size() const;
  std::string Joined() const;

  void Keep(std::string_view original);
  void Add(std::string text);

 private:
  std::vector<std::string_view> pieces_;
  std::list<std::string> added_;  // a list, because its nodes stay when it moves
};

// A part of a body, and what comes into its place.
struct Edit {
  std::size_t offset = 0;
  std::size_t length = 0;
  std::string text;
};

// Where the value of the top-level "model" stands in the body, quotes included. Length 0: the body has none, and one
// is put in.
struct ModelRange {
  std::size_t offset = 0;
  std::size_t length = 0;
};

// What changes in a body beside its model. Parts that are replaced must not overlap.
struct BodyChanges {
  std::vector<Edit> replaced;
  // New members of the object: `,"name":value` for each.
  std::string added;
};

// The body with the changes; nothing else changes. `body` must be a JSON object.
SplicedBody WithChanges(std::string_view body, BodyChanges changes);

// The body with the model's name replaced, and the changes; nothing else changes. `body` must be a JSON object, and the
// range must lie within it.
SplicedBody WithModel(std::string_view body, ModelRange range, std::string_view model, BodyChanges changes = {});

// The same, and stream_options.include_usage set; other stream options stay. For chat streams whose client did not
// ask for usage itself.
SplicedBody WithModelAndUsage(std::string_view body, ModelRange range, std::string_view model,
                              BodyChanges changes = {});

}  // namespace wayleave::provider
