#include "engine/files/torch_pickle.h"

#include <bit>
#include <stdexcept>
#include <string>
#include <unordered_map>

#include "engine/files/in_quotes.h"
#include "engine/files/nd_array.h"

namespace engine {
namespace {

[[noreturn]] void refuse_pickle(const std::string& reason) { throw std::runtime_error(reason); }

constexpr std::string_view rebuild_parameter = "_rebuild_parameter", rebuild_tensor = "_rebuild_tensor",
                           rebuild_tensor_v2 = "_rebuild_tensor_v2";

bool is_storage_type(const PickledGlobal& global) {
  return global.module == "torch" && global.name.ends_with("Storage");
}
bool is_ordered_dict(const PickledGlobal& global) {
  return global.module == "collections" && global.name == "OrderedDict";
}
bool is_rebuilding(const PickledGlobal& global) {
  return global.module == "torch._utils" &&
         (global.name == rebuild_tensor_v2 || global.name == rebuild_tensor ||
          global.name == rebuild_parameter);
}

class PickleMachine {
 public:
  explicit PickleMachine(std::string_view bytes) : bytes_(bytes) {}

  Pickle run() {
    if (byte() != 0x80) refuse_pickle("its pickle does not begin with a protocol");
    if (const uint8_t protocol = byte(); protocol != 2)
      refuse_pickle("its pickle is of protocol " + std::to_string(protocol) +
                    "; save it with the one that torch.save takes of itself, 2");
    while (step()) {
    }
    if (stack_.size() != 1 || !marks_.empty())
      refuse_pickle("its pickle is damaged: it ends with " + std::to_string(stack_.size()) +
                    " values, expected 1");
    pickle_.result = stack_[0];
    pickle_.bytes = at_;
    return std::move(pickle_);
  }

 private:
  // ---- the program's bytes
  std::string_view take(size_t count) {
    if (count > bytes_.size() - at_) refuse_pickle("its pickle is cut off");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }
  uint8_t byte() { return static_cast<uint8_t>(take(1)[0]); }
  uint64_t little_endian(size_t width) {
    uint64_t value = 0;
    const std::string_view digits = take(width);
    for (size_t i = 0; i < width; ++i) value |= uint64_t{static_cast<uint8_t>(digits[i])} << (8 * i);
    return value;
  }
  std::string_view text(size_t length) {
    const std::string_view words = take(length);
    if (!is_utf8(words)) refuse_pickle("its pickle is damaged: a text in it is not UTF-8");
    return words;
  }
  std::string_view line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) refuse_pickle("its pickle is cut off");
    const std::string_view words = text(end - at_);
    ++at_;
    return words;
  }

  // ---- the stack
  PickleRef made(PickledValue value) {
    if (pickle_.values.size() >= Pickle::most_values)
      refuse_pickle("its pickle builds more than " + std::to_string(Pickle::most_values) + " values");
    pickle_.values.push_back(std::move(value));
    return static_cast<PickleRef>(pickle_.values.size() - 1);
  }
  void push(PickledValue value) { stack_.push_back(made(std::move(value))); }
  // Values above a mark are out of reach of what does not take the mark too.
  void need(size_t count) const {
    if (stack_.size() - (marks_.empty() ? 0 : marks_.back()) < count)
      refuse_pickle("its pickle is damaged: an instruction finds no value");
  }
  PickleRef pop() {
    need(1);
    const PickleRef top = stack_.back();
    stack_.pop_back();
    return top;
  }
  PickleRef top() const {
    need(1);
    return stack_.back();
  }
  std::vector<PickleRef> popped(size_t count) {
    need(count);
    std::vector<PickleRef> items(stack_.end() - static_cast<std::ptrdiff_t>(count), stack_.end());
    stack_.resize(stack_.size() - count);
    return items;
  }
  std::vector<PickleRef> popped_to_mark() {
    if (marks_.empty()) refuse_pickle("its pickle is damaged: an instruction finds no mark");
    std::vector<PickleRef> items = popped(stack_.size() - marks_.back());
    marks_.pop_back();
    return items;
  }
  template <class T>
  T& as(PickleRef ref, const char* what) {
    T* value = std::get_if<T>(&pickle_.values[ref]);
    if (!value)
      refuse_pickle("its pickle is damaged: where " + std::string(what) +
                    " is expected stands another value");
    return *value;
  }
  int64_t whole(PickleRef ref) { return as<int64_t>(ref, "a whole number"); }
  // A copy: what is made later may move the tuple. No longer than any that is of use, for a tuple can be recalled often.
  std::vector<PickleRef> arguments_in(PickleRef ref) {
    const std::vector<PickleRef>& items = as<PickledTuple>(ref, "a tuple").items;
    if (items.size() > 8)
      refuse_pickle("its pickle is damaged: it calls with " + std::to_string(items.size()) + " arguments");
    return items;
  }
  std::vector<int64_t> extents(PickleRef ref) {
    std::vector<int64_t> values;
    for (const PickleRef item : as<PickledTuple>(ref, "a tuple").items) {
      if (values.size() == NdArray::most_dimensions)
        refuse_pickle("a tensor in it has more than " + std::to_string(NdArray::most_dimensions) +
                      " dimensions");
      values.push_back(whole(item));
    }
    return values;
  }

  void remember(uint64_t key) {
    if (memo_.size() >= Pickle::most_values && !memo_.contains(key))
      refuse_pickle("its pickle remembers more than " + std::to_string(Pickle::most_values) + " values");
    memo_[key] = top();
  }
  void recall(uint64_t key) {
    const auto found = memo_.find(key);
    if (found == memo_.end()) refuse_pickle("its pickle is damaged: it recalls what it has not remembered");
    stack_.push_back(found->second);
  }

  void append(const std::vector<PickleRef>& items) {
    std::vector<PickleRef>& list = as<PickledList>(top(), "a list").items;
    list.insert(list.end(), items.begin(), items.end());
  }
  void set_items(const std::vector<PickleRef>& items) {
    if (items.size() % 2 != 0) refuse_pickle("its pickle is damaged: a key of a dict has no value");
    auto& entries = as<PickledDict>(top(), "a dict").entries;
    for (size_t i = 0; i < items.size(); i += 2) entries.emplace_back(items[i], items[i + 1]);
  }

  // LONG1: two's complement.
  int64_t long_integer() {
    const size_t width = byte();
    if (width > 8) refuse_pickle("its pickle holds a whole number of more than 64 bits");
    if (width == 0) return 0;
    const unsigned unused = static_cast<unsigned>(64 - 8 * width);
    return static_cast<int64_t>(little_endian(width) << unused) >> unused;
  }
  double big_endian_double() {
    uint64_t bits = 0;
    for (const char c : take(8)) bits = bits << 8 | static_cast<uint8_t>(c);
    return std::bit_cast<double>(bits);
  }

  void global() {
    const std::string_view module = line();
    const PickledGlobal wanted{module, line()};
    if (!is_ordered_dict(wanted) && !is_rebuilding(wanted) && !is_storage_type(wanted))
      refuse_pickle(
          "it asks for " + shown(std::string(wanted.module) + "." + std::string(wanted.name)) +
          " of Python's, and no code is run for a file: save tensors, numbers, texts, lists and dicts alone, "
          "such as net.state_dict() and x.tolist()");
    push(wanted);
  }

  // A function and its arguments, for its value.
  void reduce() {
    const std::vector<PickleRef> arguments = arguments_in(pop());
    const PickledGlobal function = as<PickledGlobal>(pop(), "a function");
    if (is_ordered_dict(function)) {
      if (!arguments.empty()) refuse_pickle("its pickle is damaged: OrderedDict has arguments");
      return push(PickledDict{});
    }
    if (!is_rebuilding(function)) refuse_pickle("its pickle is damaged: it calls a type of storage");
    const bool is_parameter = function.name == rebuild_parameter;
    if (arguments.size() < (is_parameter ? 1 : 4))
      refuse_pickle("its pickle is damaged: " + std::string(function.name) + " has too few arguments");
    if (is_parameter) {
      as<PickledTensor>(arguments[0], "a tensor");
      return stack_.push_back(arguments[0]);
    }
    as<PickledStorage>(arguments[0], "a storage");
    push(PickledTensor{arguments[0], whole(arguments[1]), extents(arguments[2]), extents(arguments[3])});
  }
  // ('storage', type, key, where it lay, elements), and in older files the view of it that was saved, or None.
  void storage() {
    const std::vector<PickleRef> id = arguments_in(pop());
    if (id.size() < 5 || as<std::string_view>(id[0], "a kind of data") != "storage")
      refuse_pickle("its pickle is damaged: data outside of it that are no storage");
    const PickledGlobal type = as<PickledGlobal>(id[1], "a type of storage");
    if (!is_storage_type(type)) refuse_pickle("its pickle is damaged: a storage has no type");
    if (id.size() > 5 && !std::holds_alternative<std::monostate>(pickle_.values[id[5]]))
      refuse_pickle(
          "it was saved by a PyTorch before 0.4, in views; load it there and save it with a newer one");
    push(PickledStorage{type.name, as<std::string_view>(id[2], "a key"), whole(id[4])});
  }

  // One instruction; false after the last.
  bool step() {
    switch (const uint8_t instruction = byte()) {
      case '.':  // STOP
        return false;
      case '(':  // MARK
        marks_.push_back(stack_.size());
        break;
      case 'N':  // NONE
        push({});
        break;
      case 0x88:  // NEWTRUE
        push(true);
        break;
      case 0x89:  // NEWFALSE
        push(false);
        break;
      case 'J':  // BININT
        push(int64_t{static_cast<int32_t>(little_endian(4))});
        break;
      case 'K':  // BININT1
        push(int64_t{byte()});
        break;
      case 'M':  // BININT2
        push(static_cast<int64_t>(little_endian(2)));
        break;
      case 0x8a:  // LONG1
        push(long_integer());
        break;
      case 'G':  // BINFLOAT
        push(big_endian_double());
        break;
      case 'X':  // BINUNICODE
        push(text(little_endian(4)));
        break;
      case ']':  // EMPTY_LIST
        push(PickledList{});
        break;
      case ')':  // EMPTY_TUPLE
        push(PickledTuple{});
        break;
      case '}':  // EMPTY_DICT
        push(PickledDict{});
        break;
      case 't':  // TUPLE
        push(PickledTuple{popped_to_mark()});
        break;
      case 0x85:  // TUPLE1
      case 0x86:  // TUPLE2
      case 0x87:  // TUPLE3
        push(PickledTuple{popped(instruction - 0x84u)});
        break;
      case 'a':  // APPEND
        append({pop()});
        break;
      case 'e':  // APPENDS
        append(popped_to_mark());
        break;
      case 's':  // SETITEM
        set_items(popped(2));
        break;
      case 'u':  // SETITEMS
        set_items(popped_to_mark());
        break;
      case 'q':  // BINPUT
        remember(byte());
        break;
      case 'r':  // LONG_BINPUT
        remember(little_endian(4));
        break;
      case 'h':  // BINGET
        recall(byte());
        break;
      case 'j':  // LONG_BINGET
        recall(little_endian(4));
        break;
      case 'c':  // GLOBAL
        global();
        break;
      case 'R':  // REDUCE
        reduce();
        break;
      case 'b':  // BUILD: the attributes of a state_dict, of no use here
        pop();
        as<PickledDict>(top(), "a dict");
        break;
      case 'Q':  // BINPERSID
        storage();
        break;
      default:
        refuse_pickle("its pickle is damaged, or does more than tensors need: it has the instruction " +
                      std::to_string(instruction));
    }
    return true;
  }

  std::string_view bytes_;
  size_t at_ = 0;
  Pickle pickle_;
  std::vector<PickleRef> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint64_t, PickleRef> memo_;
};

}  // namespace

Pickle read_pickle(std::string_view bytes) { return PickleMachine(bytes).run(); }

}  // namespace engine
