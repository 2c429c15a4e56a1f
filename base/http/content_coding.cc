#include "base/http/content_coding.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <new>
#include <utility>

namespace wayleave::http {
namespace {

using boost::beast::iequals;

constexpr std::size_t kSpareBytes = 64;
constexpr int kZstdWindowLog = 23;  // 8 MiB, what RFC 9659 lets a sender expect

std::string_view Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

class ZstdDecoder final : public ContentDecoder {
 public:
  ZstdDecoder() : stream_(ZSTD_createDStream(), ZSTD_freeDStream) {
    if (!stream_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(stream_.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  }

 private:
  Progress Decode(std::string_view& input, char* out, std::size_t size) override {
    if (between_frames_ && !TakeMagic(input)) return {magic_ok_ ? Fault::kNone : Fault::kCorrupt, 0};
    if (!magic_.empty()) {
      const std::string magic = std::exchange(magic_, {});
      std::string_view head = magic;
      const Progress progress = Run(head, out, size);
      if (progress.fault != Fault::kNone) return progress;
    }
    return Run(input, out, size);
  }
  bool Whole() const override { return between_frames_ && magic_.empty() && any_; }

  // The library would also take frames of its oldest versions, whose windows it does not bound.
  bool TakeMagic(std::string_view& input) {
    constexpr std::size_t kBytes = 4;
    const std::size_t taken = std::min(kBytes - magic_.size(), input.size());
    magic_.append(input.substr(0, taken));
    input.remove_prefix(taken);
    if (magic_.size() < kBytes) return false;
    const bool skippable = (static_cast<unsigned char>(magic_[0]) & 0xf0) == 0x50 && magic_.substr(1) == "\x2a\x4d\x18";
    magic_ok_ = skippable || magic_ == "\x28\xb5\x2f\xfd";
    between_frames_ = !magic_ok_;
    return magic_ok_;
  }

  Progress Run(std::string_view& input, char* out, std::size_t size) {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer to{out, size, 0};
    const std::size_t rest = ZSTD_decompressStream(stream_.get(), &to, &in);
    input.remove_prefix(in.pos);
    if (ZSTD_isError(rest)) {
      const bool window = ZSTD_getErrorCode(rest) == ZSTD_error_frameParameter_windowTooLarge;
      return {window ? Fault::kWindow : Fault::kCorrupt, 0};
    }
    between_frames_ = rest == 0;
    any_ = any_ || between_frames_;
    return {Fault::kNone, to.pos};
  }

  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream_;
  std::string magic_;  // of the frame that begins
  bool magic_ok_ = true;
  bool between_frames_ = true;
  bool any_ = false;
};

// gzip, also of several members, and deflate: with zlib's head, as the standard asks, or without, as some send it.
class ZlibDecoder final : public ContentDecoder {
 public:
  explicit ZlibDecoder(bool gzip) : gzip_(gzip) {}
  ~ZlibDecoder() override {
    if (started_) inflateEnd(&stream_);
  }

 private:
  Progress Decode(std::string_view& input, char* out, std::size_t size) override {
    if (input.empty() && !started_) return {};
    if (!started_) Start(static_cast<unsigned char>(input.front()));
    if (whole_ && !NextMember(input)) return {Fault::kCorrupt, 0};
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(input.size(), kMostInput));
    const uInt given = stream_.avail_in;
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(size);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    input.remove_prefix(given - stream_.avail_in);
    const std::size_t produced = size - stream_.avail_out;
    whole_ = result == Z_STREAM_END;
    // Z_BUF_ERROR only says that nothing could be done with what there is.
    if (result != Z_OK && result != Z_BUF_ERROR && !whole_) return {Fault::kCorrupt, 0};
    return {Fault::kNone, produced};
  }
  bool Whole() const override { return whole_; }

  void Start(unsigned char first) {
    constexpr int kWindow = 15, kGzip = 16;
    const bool zlib_head = (first & 0x0f) == Z_DEFLATED;
    const int bits = gzip_ ? kWindow + kGzip : zlib_head ? kWindow : -kWindow;
    if (inflateInit2(&stream_, bits) != Z_OK) throw std::bad_alloc();
    started_ = true;
  }

  // Something follows the end: only gzip has more members, and only if it is one.
  bool NextMember(std::string_view input) {
    if (input.empty()) return true;
    return gzip_ && inflateReset(&stream_) == Z_OK;
  }

  static constexpr std::size_t kMostInput = std::size_t{1} << 30;
  const bool gzip_;
  z_stream stream_{};
  bool started_ = false;
  bool whole_ = false;
};

}  // namespace

std::optional<Coding> CodingOf(std::string_view content_encoding) {
  Coding coding = Coding::kIdentity;
  while (!content_encoding.empty()) {
    const auto comma = std::min(content_encoding.find(','), content_encoding.size());
    const std::string_view name = Trimmed(content_encoding.substr(0, comma));
    content_encoding.remove_prefix(std::min(comma + 1, content_encoding.size()));
    if (name.empty() || iequals(name, "identity")) continue;
    if (coding != Coding::kIdentity) return std::nullopt;
    if (iequals(name, "zstd")) {
      coding = Coding::kZstd;
    } else if (iequals(name, "gzip") || iequals(name, "x-gzip")) {
      coding = Coding::kGzip;
    } else if (iequals(name, "deflate")) {
      coding = Coding::kDeflate;
    } else {
      return std::nullopt;
    }
  }
  return coding;
}

ContentDecoder::Fault ContentDecoder::Step(std::string_view& input, std::string& body, std::size_t limit) {
  const Progress progress = Decode(input, buffer_.get(), kStepBytes);
  if (progress.fault != Fault::kNone) return progress.fault;
  pending_ = progress.produced == kStepBytes;
  if (progress.produced > limit - std::min(limit, body.size())) return Fault::kTooLarge;
  const std::size_t room = body.size() + progress.produced + kSpareBytes;
  if (room > body.capacity()) body.reserve(room);  // at least doubles it
  body.append(buffer_.get(), progress.produced);
  return Fault::kNone;
}

ContentDecoder::Fault ContentDecoder::Finish() { return Whole() ? Fault::kNone : Fault::kCorrupt; }

std::unique_ptr<ContentDecoder> MakeContentDecoder(Coding coding) {
  if (coding == Coding::kZstd) return std::make_unique<ZstdDecoder>();
  return std::make_unique<ZlibDecoder>(coding == Coding::kGzip);
}

}  // namespace wayleave::http
