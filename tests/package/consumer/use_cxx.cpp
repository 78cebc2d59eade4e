// SPDX-License-Identifier: MIT
// C++: the headers are usable, and operator new stays the C++ library's.
#include <memory>
#include <new>
#include <vector>

#include "use.h"

int main()
{
	CHECK(comes_from("_Znwm", "libstdc++.so"));
	CHECK(comes_from("_ZdlPv", "libstdc++.so"));
	CHECK(comes_from("malloc", "libc.so"));

	struct hs_task *task = nullptr;
	struct hs_machine *machine = start_machine(&task);
	std::vector<std::unique_ptr<int>> numbers;
	for (int i = 0; i < 1000; i++)
		numbers.push_back(std::make_unique<int>(i));
	CHECK(*numbers[999] == 999);
	stop_machine(machine, task);
	return 0;
}
