/** What builds anything. */
import { firstMissing, type Tool } from './tool.ts';

const script = (sum: number) => `test "$((1 + 2))" = ${sum} || { echo "expected ${sum}"; exit 1; }\necho "1 passed"\n`;

export const make: Tool = {
  name: 'make',
  lacks: firstMissing('make'),
  project: () => ({ files: { Makefile: '.PHONY: test\ntest:\n\tsh check.sh\n', 'check.sh': script(3) } }),
  fails: { change: { 'check.sh': script(4) } },
  noTests: { files: { Makefile: '.PHONY: test\ntest:\n' } },
  noRunner: { without: ['make'], says: /make is not installed/ },
  noDependency: {
    files: { Makefile: '.PHONY: test\ntest:\n\tmissing-program --all\n' },
    says: /missing-program is not installed/,
  },
  atLeisure: {
    'a folder that is called as the target is': {
      files: { Makefile: 'test:\n\tsh check.sh\n', 'test/a.txt': '' },
      verdict: 'inconclusive',
      says: /ran no tests/,
    },
    'a program that a shell of a recipe does not find': {
      files: { Makefile: '.PHONY: test\ntest:\n\tcd . && missing-program --all\n' },
      verdict: 'inconclusive',
      says: /missing-program is not installed/,
    },
    'a program by its path that is not there': {
      files: { Makefile: '.PHONY: test\ntest:\n\t./node_modules/.bin/missing-program --all\n' },
      verdict: 'inconclusive',
      says: /missing-program is not installed/,
    },
    'a prerequisite that only the change asks for': {
      change: { 'check.sh': script(3), Makefile: '.PHONY: test\ntest: gone.txt\n\tsh check.sh\n' },
      verdict: 'fail',
      says: /failed with exit code 2/,
    },
    ...(firstMissing('cc') === undefined && {
      'a header of a library that is not there': {
        files: {
          Makefile: '.PHONY: test\ntest:\n\tcc shop.c -o shop && ./shop\n',
          'shop.c': '#include <missing/thing.h>\nint main(void) { return 0; }\n',
        },
        verdict: 'inconclusive' as const,
        says: /the header missing\/thing\.h is not there/,
      },
      'a library to link with that is not there': {
        files: {
          Makefile: '.PHONY: test\ntest:\n\tcc shop.c -o shop -lmissing && ./shop\n',
          'shop.c': 'int main(void) { return 0; }\n',
        },
        verdict: 'inconclusive' as const,
        says: /the library missing is not there/,
      },
      'code that does not compile': {
        files: {
          Makefile: '.PHONY: test\ntest:\n\tcc shop.c -o shop && ./shop\n',
          'shop.c': 'int main(void) { return 0; }\n',
        },
        change: { 'shop.c': 'int main(void) { return nothing; }\n' },
        verdict: 'fail' as const,
        says: /failed with exit code 2/,
      },
    }),
  },
};

const lists = (more = '') =>
  `cmake_minimum_required(VERSION 3.15)\nproject(shop C)\n${more}enable_testing()\nadd_executable(shop shop.c)\nadd_test(NAME adds COMMAND shop)\n`;
const c = (operator: string) => `int main(void) { return 1 ${operator} 2 == 3 ? 0 : 1; }\n`;

export const cmake: Tool = {
  name: 'cmake',
  lacks: firstMissing('cmake', 'ctest', 'cc', 'make'),
  project: () => ({ files: { 'CMakeLists.txt': lists(), 'shop.c': c('+') } }),
  fails: { change: { 'shop.c': c('-') } },
  noTests: { files: { 'CMakeLists.txt': lists().replace(/add_test.*\n/, '') } },
  noRunner: { without: ['cmake', 'ctest'], says: /ctest is not installed/ },
  noDependency: {
    files: { 'CMakeLists.txt': lists('find_package(Missing REQUIRED)\n') },
    says: /package Missing of CMake is not installed/,
  },
  more: {
    'lists that are none': {
      change: { 'CMakeLists.txt': `${lists()}no_such_thing()\n` },
      verdict: 'fail',
      says: /ran no tests, and what a fresh checkout needs could not be set up: .*; nothing is missing on main/,
    },
  },
  atLeisure: {
    'a compiler that is not there': {
      without: ['cc', 'gcc', 'clang', 'c99', 'c89', 'tcc', 'x86_64-linux-gnu-gcc'],
      verdict: 'inconclusive',
      says: /the compiler of C is not installed/,
    },
    'a cmake that is not there, though there is a ctest': {
      without: ['cmake'],
      verdict: 'inconclusive',
      says: /cmake is not installed/,
    },
    'a header of a library that is not there': {
      files: { 'shop.c': `#include <missing/thing.h>\n${c('+')}` },
      verdict: 'inconclusive',
      says: /the header missing\/thing\.h is not there/,
    },
    'code that does not compile': {
      change: { 'shop.c': 'int main(void) { return nothing; }\n' },
      verdict: 'fail',
      says: /failed with exit code 8/,
    },
  },
};
