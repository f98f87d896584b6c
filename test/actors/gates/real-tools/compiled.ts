/** Languages whose own tool builds and tests. */
import { fetched, firstMissing, nowhere, type Tool, unlessFetched } from './tool.ts';

const goTest = `package shop

import "testing"

func TestAdds(t *testing.T) {
	if Sum(1, 2) != 3 {
		t.Fatal("it does not add")
	}
}
`;
const goSum = (operator: string) => `package shop

func Sum(a, b int) int { return a ${operator} b }
`;

const goModule = (more = '') => `module example.org/shop\n\ngo 1.20\n${more}`;
const missingSum = ['', '/go.mod'].map(file => `example.org/missing v1.0.0${file} h1:${'A'.repeat(43)}=\n`).join('');
const needsMissing =
  'package shop\n\nimport "example.org/missing"\n\nfunc Sum(a, b int) int { return missing.Sum(a, b) }\n';

export const go: Tool = {
  name: 'go',
  lacks: firstMissing('go'),
  project: () => ({
    files: { 'go.mod': goModule(), 'shop.go': goSum('+'), 'shop_test.go': goTest },
  }),
  fails: { change: { 'shop.go': goSum('-') } },
  noTests: { files: { 'shop_test.go': null } },
  noRunner: { without: ['go'], says: /go is not installed/ },
  noDependency: {
    env: { GOPROXY: nowhere },
    files: {
      'go.mod': goModule('\nrequire example.org/missing v1.0.0\n'),
      'go.sum': missingSum,
      'shop.go': needsMissing,
    },
    says: /Go cannot get example\.org\/missing/,
  },
  more: {
    'many packages without tests after one that has some': {
      files: Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`p${index}/p.go`, `package p${index}\n`])),
      verdict: 'pass',
      says: /passed/,
    },
    'files for tests that have none in them': {
      files: { 'shop_test.go': 'package shop\n' },
      verdict: 'inconclusive',
      says: /ran no tests/,
    },
    'a compiler of C that is not there': {
      env: { CGO_ENABLED: '1' },
      without: ['gcc', 'cc', 'clang'],
      files: {
        'shop.go':
          'package shop\n\n// int sum(int a, int b) { return a + b; }\nimport "C"\n\nfunc Sum(a, b int) int { return int(C.sum(C.int(a), C.int(b))) }\n',
      },
      verdict: 'inconclusive',
      says: /gcc is not installed/,
    },
  },
  atLeisure: {
    'a module without any package': {
      files: { 'shop_test.go': null, 'shop.go': null },
      verdict: 'inconclusive',
      says: /ran no tests/,
    },
    'code that does not compile': {
      change: { 'shop.go': 'package shop\n\nfunc Sum(a, b int) int { return c }\n' },
      verdict: 'fail',
      says: /failed with exit code 1/,
    },
    'a package that only the change asks for': {
      change: {
        'shop.go':
          'package shop\n\nimport "example.org/missing"\n\nfunc Sum(a, b int) int { return missing.Sum(a, b) }\n',
      },
      env: { GOPROXY: nowhere },
      verdict: 'fail',
      says: /missing/,
    },
  },
};

const crate = (more = '') => `[package]\nname = "shop"\nversion = "1.0.0"\nedition = "2021"\n${more}`;
const rust = (operator: string) => `pub fn sum(a: i32, b: i32) -> i32 {
    a ${operator} b
}

#[test]
fn adds() {
    assert_eq!(sum(1, 2), 3);
}
`;
/** A registry that is out of reach in the place of the usual one. */
const cargoNowhere = `[source.crates-io]\nreplace-with = "gone"\n\n[source.gone]\nregistry = "sparse+${nowhere}/"\n\n[net]\nretry = 0\n`;
const cargoLock = (more = '', needs = '') =>
  `version = 3\n\n${more}[[package]]\nname = "shop"\nversion = "1.0.0"\n${needs}`;

export const cargo: Tool = {
  name: 'cargo',
  lacks: firstMissing('cargo', 'cc'),
  project: () => ({ files: { 'Cargo.toml': crate(), 'Cargo.lock': cargoLock(), 'src/lib.rs': rust('+') } }),
  fails: { change: { 'src/lib.rs': rust('-') } },
  noTests: { files: { 'src/lib.rs': 'pub fn sum() {}\n' } },
  noRunner: { without: ['cargo'], says: /cargo is not installed/ },
  noDependency: {
    files: {
      '.cargo/config.toml': cargoNowhere,
      'Cargo.toml': crate('[dependencies]\nmissing-thing = "1"\n'),
      'Cargo.lock': null,
    },
    says: /cargo cannot get .*missing-thing/,
  },
  more: {
    'a linker that is not there': {
      without: ['cc', 'gcc', 'clang'],
      verdict: 'inconclusive',
      says: /cc is not installed/,
    },
  },
  atLeisure: {
    'a crate that is locked and cannot be fetched': {
      files: {
        '.cargo/config.toml': cargoNowhere,
        'Cargo.toml': crate('[dependencies]\nmissing-thing = "1"\n'),
        'Cargo.lock': cargoLock(
          `[[package]]\nname = "missing-thing"\nversion = "1.0.0"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "${'0'.repeat(64)}"\n\n`,
          'dependencies = [\n "missing-thing",\n]\n',
        ),
      },
      verdict: 'inconclusive',
      says: /cargo cannot get/,
    },
    'a runner of its own that is not there': {
      files: { '.config/nextest.toml': '' },
      without: ['cargo-nextest'],
      verdict: 'inconclusive',
      says: /nextest is not installed/,
    },
    'code that does not compile': {
      change: { 'src/lib.rs': 'pub fn sum() -> i32 { nothing }\n' },
      verdict: 'fail',
      says: /failed with exit code 101/,
    },
  },
};

const plugins = [
  ['maven-resources-plugin', '3.5.0'],
  ['maven-compiler-plugin', '3.15.0'],
  ['maven-surefire-plugin', '3.5.4'],
];

const pom = (more = '</dependencies>') => `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>org.example</groupId><artifactId>shop</artifactId><version>1</version>
  <properties>
    <maven.compiler.source>11</maven.compiler.source><maven.compiler.target>11</maven.compiler.target>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencies>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><version>4.13.2</version><scope>test</scope></dependency>
    ${more}
  <build><pluginManagement><plugins>
    ${plugins.map(([name, version]) => `<plugin><artifactId>${name}</artifactId><version>${version}</version></plugin>`).join('\n    ')}
  </plugins></pluginManagement></build>
</project>
`;
const java = (operator: string) =>
  `public class Shop {\n  static int sum(int a, int b) {\n    return a ${operator} b;\n  }\n}\n`;
/** One that is nowhere to be had, though plugins are where they always are. */
const mavenMissing = `<dependency><groupId>org.example</groupId><artifactId>missing</artifactId><version>1.0</version></dependency>
  </dependencies>
  <repositories><repository><id>central</id><url>${nowhere}</url></repository></repositories>`;
const settings = `<settings><mirrors><mirror><id>gone</id><mirrorOf>*</mirrorOf><url>${nowhere}/</url></mirror></mirrors></settings>`;

export const maven: Tool = {
  name: 'maven',
  lacks: firstMissing('mvn', 'java') ?? unlessFetched,
  project: () => ({
    files: {
      '.mvn/maven.config': `-Dmaven.repo.local=${fetched('maven')}\n`,
      'pom.xml': pom(),
      'src/main/java/Shop.java': java('+'),
      'src/test/java/ShopTest.java': `import static org.junit.Assert.assertEquals;

import org.junit.Test;

public class ShopTest {
  @Test
  public void adds() {
    assertEquals(3, Shop.sum(1, 2));
  }
}
`,
    },
  }),
  fails: { change: { 'src/main/java/Shop.java': java('-') } },
  noTests: { files: { 'src/test/java/ShopTest.java': null } },
  noRunner: { without: ['mvn'], says: /mvn is not installed/ },
  noDependency: {
    files: { 'pom.xml': pom(mavenMissing) },
    says: /a dependency cannot be had: org\.example:missing/,
  },
  more: {
    'plugins that cannot be fetched': {
      files: {
        '.mvn/settings.xml': settings,
        '.mvn/maven.config': '-Dmaven.repo.local=.m2\n-s\n.mvn/settings.xml\n',
      },
      verdict: 'inconclusive',
      says: /cannot be had:.*maven-resources-plugin/,
    },
    'Java that is not there': {
      without: ['java', 'javac'],
      env: { JAVA_HOME: '/nowhere' },
      verdict: 'inconclusive',
      says: /Java is not installed/,
    },
    'code that does not compile': {
      change: { 'src/main/java/Shop.java': 'public class Shop {\n' },
      verdict: 'fail',
      says: /failed with exit code 1/,
    },
  },
};
