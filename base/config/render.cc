#include "base/config/render.h"

#include <algorithm>
#include <cctype>

#include "base/config/tree.h"

namespace wayleave::config {
namespace {

bool IsPlain(const std::string& text) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.' || c == '/' || c == '-'; };
  return !text.empty() && text[0] != '-' && std::all_of(text.begin(), text.end(), plain);
}

std::string Scalar(const std::string& text) {
  if (IsPlain(text)) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return quoted + "\"";
}

class Renderer {
 public:
  explicit Renderer(const std::function<bool(const std::string&)>& secret) : secret_(secret) {}

  // After "key:" or "-".
  void Put(const Value& value, const std::string& path, int depth) {
    switch (value.kind) {
      case Value::Kind::kNull: out += "\n"; break;
      case Value::Kind::kScalar: out += " " + Scalar(Hidden(value, path) ? "<hidden>" : value.text) + "\n"; break;
      case Value::Kind::kList: PutList(value, path, depth); break;
      case Value::Kind::kMapping: PutMapping(value, path, depth); break;
    }
  }

  void PutMapping(const Value& value, const std::string& path, int depth) {
    if (depth > 0) out += value.entries.empty() ? " {}\n" : "\n";
    for (const Value::Entry& entry : value.entries) {
      out += std::string(static_cast<std::size_t>(depth) * 2, ' ') + Scalar(entry.key) + ":";
      Put(*entry.value, path.empty() ? entry.key : path + "." + entry.key, depth + 1);
    }
  }

  std::string out;

 private:
  void PutList(const Value& value, const std::string& path, int depth) {
    out += value.items.empty() ? " []\n" : "\n";
    for (const auto& item : value.items) {
      out += std::string(static_cast<std::size_t>(depth) * 2, ' ') + "-";
      Put(*item, path, depth + 1);
    }
  }

  // A reference such as ${NAME} is no secret: it says where one is.
  bool Hidden(const Value& value, const std::string& path) const {
    const bool reference = value.text.size() > 3 && value.text.starts_with("${") && value.text.ends_with("}") &&
                           value.text.find(":-") == std::string::npos;
    return !reference && secret_(path);
  }

  const std::function<bool(const std::string&)>& secret_;
};

}  // namespace

std::string Render(const std::string& text, const std::string& name,
                   const std::function<bool(const std::string& path)>& secret) {
  Renderer renderer(secret);
  const auto root = ParseTree(text, name);
  if (root->kind == Value::Kind::kMapping) renderer.PutMapping(*root, "", 0);
  return renderer.out;
}

}  // namespace wayleave::config
