// Sits in a process that is to be measured with its counting and without, loaded by the dynamic linker (LD_PRELOAD).
// While the first byte of the file that BENCH_COUNTING names is '0', what the program counts, sets and observes goes to
// a function that does nothing; otherwise to the metrics library. It is the program's own table of addresses that
// changes, so counting costs exactly what it costs without this. The second byte says which of the two is so by now.
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <string_view>
#include <thread>
#include <vector>

namespace {

// By their names for the linker: Gauge::Increment(), ….
constexpr std::string_view kInstruments[] = {
    "_ZN10prometheus5Gauge9IncrementEv",   "_ZN10prometheus5Gauge9IncrementEd",
    "_ZN10prometheus5Gauge9DecrementEv",   "_ZN10prometheus5Gauge9DecrementEd",
    "_ZN10prometheus5Gauge3SetEd",         "_ZN10prometheus5Gauge16SetToCurrentTimeEv",
    "_ZN10prometheus7Counter9IncrementEv", "_ZN10prometheus7Counter9IncrementEd",
    "_ZN10prometheus9Histogram7ObserveEd"};

void Nothing() {}

// Where the program keeps the address of one function, and that address.
struct Slot {
  std::atomic<void*>* place;
  void* library;
};

// What the program's dynamic section says; addresses there may be relocated or not.
class Program {
 public:
  Program() : map_(static_cast<link_map*>(dlopen(nullptr, RTLD_LAZY))) {
    if (!map_) std::abort();
  }

  std::vector<Slot> Slots() const {
    const auto* const first = At<ElfW(Rela)>(DT_JMPREL);
    const auto* const symbols = At<ElfW(Sym)>(DT_SYMTAB);
    const auto* const names = At<char>(DT_STRTAB);
    std::vector<Slot> slots;
    std::for_each(first, first + Value(DT_PLTRELSZ) / sizeof *first, [&](const ElfW(Rela) & entry) {
      const char* const name = names + symbols[ELF64_R_SYM(entry.r_info)].st_name;
      if (std::find(std::begin(kInstruments), std::end(kInstruments), name) == std::end(kInstruments)) return;
      slots.push_back({reinterpret_cast<std::atomic<void*>*>(map_->l_addr + entry.r_offset), dlsym(RTLD_NEXT, name)});
    });
    return slots;
  }

 private:
  ElfW(Addr) Value(ElfW(Sxword) tag) const {
    for (const ElfW(Dyn)* entry = map_->l_ld; entry->d_tag != DT_NULL; ++entry) {
      if (entry->d_tag == tag) return entry->d_un.d_ptr;
    }
    std::abort();
  }

  template <class T>
  const T* At(ElfW(Sxword) tag) const {
    const ElfW(Addr) value = Value(tag);
    return reinterpret_cast<const T*>(value < map_->l_addr ? map_->l_addr + value : value);
  }

  const link_map* const map_;
};

char* MapSwitch(const char* name) {
  const int file = open(name, O_RDWR | O_CLOEXEC);
  void* const page = mmap(nullptr, 2, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (page == MAP_FAILED) std::abort();
  return static_cast<char*>(page);
}

// Follows the file for as long as the process lives.
void Follow(const char* name) {
  const int changes = inotify_init1(IN_CLOEXEC);
  if (inotify_add_watch(changes, name, IN_MODIFY) < 0) std::abort();
  volatile char* const bytes = MapSwitch(name);
  const std::vector<Slot> slots = Program().Slots();
  if (slots.empty()) std::abort();
  char event[4096];
  do {
    const char now = bytes[0];
    for (const Slot& slot : slots) slot.place->store(now == '0' ? reinterpret_cast<void*>(Nothing) : slot.library);
    bytes[1] = now;
  } while (read(changes, event, sizeof event) > 0);
}

// Takes none of the program's signals.
__attribute__((constructor)) void Begin() {
  const char* const name = std::getenv("BENCH_COUNTING");
  if (!name) return;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread(Follow, name).detach();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
