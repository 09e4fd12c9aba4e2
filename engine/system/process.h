// This process and its machine, as the operating system tells of them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace engine::system {

// First of all in a program's main: its words as UTF-8, without the program's name. Standard streams carry bytes as they
// are from then on.
std::vector<std::string> begin_program(int count, char** words);

int process_number();
uint64_t memory_bytes();       // of the machine; 0 where that is not known
uint64_t peak_memory_bytes();  // the most that this process has had at one time

inline constexpr int standard_input = 0, standard_output = 1, standard_error = 2;  // descriptors
bool is_terminal(int descriptor);
int terminal_columns(int descriptor);  // 0: it has none

// `alignment` is a power of two; nothing where there is not enough memory. Goes back by free_aligned.
void* allocate_aligned(size_t alignment, size_t bytes);
void free_aligned(void* memory);

}  // namespace engine::system
