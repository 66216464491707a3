// swift-tools-version: 6.2

import PackageDescription

/// What every room is compiled with: Swift 6 language mode, no warning tolerated, and imports that are visible to
/// dependents only where a file says `package import`.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// `make thread` sets this. Our rooms and their tests are then built with the thread sanitizer, and what we depend on stays as it
/// is built already: its locks are watched all the same.
let isSanitizing = Context.environment["ACTIVATIOND_THREAD"] != nil

/// `make fuzz` sets this. Our rooms are then built with libFuzzer's counters and the address sanitizer, and the fuzzer is
/// built on top; what we depend on stays as it is.
let isFuzzing = Context.environment["ACTIVATIOND_FUZZ"] != nil
let watched: [SwiftSetting] =
    isFuzzing ? [.unsafeFlags(["-sanitize=fuzzer,address"])] : isSanitizing ? [.unsafeFlags(["-sanitize=thread"])] : []
let watchedC: [CXXSetting] =
    isFuzzing
    ? [.unsafeFlags(["-fsanitize=fuzzer-no-link,address"])]
    : isSanitizing ? [.unsafeFlags(["-fsanitize=thread"])] : []
let watchedTests: [SwiftSetting] = isSanitizing ? watched : []
let watchedLink: [LinkerSetting] = isSanitizing ? [.unsafeFlags(["-sanitize=thread"])] : []

/// Names of test targets, divided by commas: only these are then built, and what they need. `make thread` sets it, because
/// a sanitizer makes a build of its own, and watches a few of the rooms.
let wanted = Context.environment["ACTIVATIOND_TESTS"]?.split(separator: ",").map(String.init)

/// Of all targets, those that are named and what they depend on.
func needed(by names: [String], of targets: [Target]) -> [Target] {
    if let unknown = names.first(where: { name in !targets.contains { $0.name == name } }) {
        fatalError("ACTIVATIOND_TESTS names \(unknown), which is no target")
    }
    var names = Set(names)
    var count = 0
    while count < names.count {
        count = names.count
        for target in targets where names.contains(target.name) {
            for case .byNameItem(let name, _) in target.dependencies { names.insert(name) }
        }
    }
    return targets.filter { names.contains($0.name) }
}

func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil
) -> Target {
    .target(name: name, dependencies: dependencies, path: path, swiftSettings: strict + watched)
}

func program(
    _ name: String, _ dependencies: [Target.Dependency], path: String? = nil
) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: path, swiftSettings: strict + watchedTests,
        linkerSettings: watchedLink)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, swiftSettings: strict + watchedTests, linkerSettings: watchedLink)
}

let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let hashTrees: Target.Dependency = .product(name: "HashTreeCollections", package: "swift-collections")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOTLS", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
    .product(name: "NIOExtras", package: "swift-nio-extras"),
]

let nioServer: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
]

/// The fuzzer: libFuzzer's driver around ``FuzzSubjects``.
let fuzzer: [Target] =
    isFuzzing
    ? [
        .target(name: "CFuzzer", path: "Fuzzing/CFuzzer"),
        .executableTarget(
            name: "activation-fuzz", dependencies: ["CFuzzer", "FuzzSubjects"], path: "Fuzzing/activation-fuzz",
            swiftSettings: strict + watched,
            // The usual linker fails on what the sanitizer adds.
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]),
    ] : []

let targets: [Target] =
    [
        .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
        .systemLibrary(name: "CLinux"),
        .target(name: "CMemory"),
        .target(name: "CTOML", cxxSettings: watchedC),

        // The pure rooms: no clock, no chance, no input or output.
        room("Chronology"),
        room("SchedulerCore", ["Chronology", hashTrees]),
        room("CampaignConfig", ["Chronology", "SchedulerCore", "CTOML"]),
        room("ActivationAPI", ["Chronology", "SchedulerCore"]),
        room("Journal", ["Chronology", "SchedulerCore"]),
        room("PlatformModel", ["Chronology"]),
        room("ControlProtocol"),
        room("Planning", ["Chronology", "SchedulerCore", "ControlProtocol"]),
        room("Presentation", ["Chronology", "CampaignConfig", "ControlProtocol"]),
        room("Reports", ["Chronology", "SchedulerCore", "Journal", "ControlProtocol"]),

        // The rooms that touch the world.
        room("ConfigurationFiles", ["Chronology", "SchedulerCore", "CampaignConfig"]),
        room("ControlClient", ["ControlProtocol"]),
        room("JobQueue"),
        room("JournalSQLite", ["CLinux", "Chronology", "SchedulerCore", "Journal", grdb]),
        room("Runtime", ["Chronology", "SchedulerCore", "Journal"]),
        room(
            "Simulation",
            ["Chronology", "SchedulerCore", "ActivationAPI", "Journal", "Runtime", "PlatformModel", heap]),
        room(
            "LinuxShell",
            [
                "CLinux", "CMemory", "Chronology", "SchedulerCore", "CampaignConfig", "ConfigurationFiles",
                "ActivationAPI",
                "Journal",
                "JobQueue", "Runtime", "Reports", "Planning", "ControlProtocol", "ControlClient", "CSystemd",
                httpClient, logging,
            ] + nio),
        room("Stage", ["CLinux", "ControlProtocol", "ControlClient", "PlatformModel"]),
        room("PlatformServer", ["Chronology", "PlatformModel"] + nioServer),

        // Foreign bytes, one entry for each kind: for the fuzzer, and for the test that replays its corpora.
        room(
            "FuzzSubjects",
            [
                "Chronology", "SchedulerCore", "CampaignConfig", "ActivationAPI", "Journal", "ControlProtocol",
                "ControlClient", "Presentation", "Reports", "LinuxShell",
            ], path: "Fuzzing/FuzzSubjects"),

        program(
            "activationd",
            [
                "SchedulerCore", "CampaignConfig", "Journal", "JournalSQLite", "LinuxShell", arguments, logging,
            ]),
        program(
            "activationctl",
            [
                "Chronology", "SchedulerCore", "CampaignConfig", "ConfigurationFiles", "ControlProtocol",
                "ControlClient", "Planning", "Presentation", arguments,
            ]),
        program("activation-sim", ["Chronology", "SchedulerCore", "Simulation", arguments]),
        program(
            "activation-demo",
            [
                "Chronology", "SchedulerCore", "CampaignConfig", "ConfigurationFiles", "ControlProtocol",
                "PlatformModel", "Stage", arguments,
            ]),
        program(
            "activation-bench",
            [
                "Chronology", "SchedulerCore", "ActivationAPI", "Journal", "Runtime", "ControlProtocol", "JobQueue",
                "PlatformModel", "Stage", arguments,
            ],
            path: "Benchmarks/activation-bench"),
        program(
            "activation-torture",
            [
                "Chronology", "ControlClient", "ControlProtocol", "PlatformModel", "PlatformServer", "Stage", arguments,
            ]),
        program("platform-simulator", ["Chronology", "PlatformModel", "PlatformServer", arguments]),

        // What tests of several rooms share.
        room("TestPrograms", path: "Tests/TestPrograms"),

        tests("ChronologyTests", ["Chronology", "TestPrograms"]),
        tests("SchedulerCoreTests", ["Chronology", "SchedulerCore"]),
        tests("JournalTests", ["Chronology", "SchedulerCore", "Journal"]),
        tests(
            "JournalSQLiteTests",
            ["Chronology", "SchedulerCore", "Journal", "JournalSQLite", "Runtime", "TestPrograms", grdb]),
        tests("PlatformModelTests", ["Chronology", "PlatformModel"]),
        tests(
            "PlatformServerTests",
            [
                "Chronology", "PlatformModel", "PlatformServer", httpClient,
            ] + nioServer),
        tests("ActivationAPITests", ["Chronology", "SchedulerCore", "ActivationAPI"]),
        tests(
            "LinuxShellTests",
            [
                "ActivationAPI", "CampaignConfig", "Chronology", "ControlClient", "ControlProtocol", "SchedulerCore",
                "Journal", "LinuxShell", "CLinux", "TestPrograms",
                httpClient,
                logging,
            ] + nio),
        tests("JobQueueTests", ["JobQueue"]),
        tests(
            "EndToEndTests",
            [
                "Chronology", "ControlClient", "ControlProtocol", "PlatformModel", "PlatformServer", "activationd",
                "activation-demo", "activationctl", "platform-simulator", "TestPrograms", grdb,
            ]),
        tests("TidyTests", []),
        tests("PresentationTests", ["Chronology", "ControlProtocol", "Presentation", "TestPrograms"]),
        tests(
            "PlanningTests",
            ["Chronology", "SchedulerCore", "CampaignConfig", "ControlProtocol", "Planning", "Presentation"]),
        tests("ControlClientTests", ["ControlClient"]),
        tests("ControlProtocolTests", ["ControlProtocol"]),
        tests("ReportsTests", ["Chronology", "SchedulerCore", "Journal", "ControlProtocol", "Reports"]),
        tests(
            "SimulationTests",
            ["Chronology", "SchedulerCore", "PlatformModel", "Simulation", "TestPrograms", "activation-sim"]),
        tests("RuntimeTests", ["Chronology", "SchedulerCore", "Journal", "Runtime"]),
        tests("ConfigurationFilesTests", ["SchedulerCore", "CampaignConfig", "ConfigurationFiles"]),
        tests("CampaignConfigTests", ["Chronology", "SchedulerCore", "CampaignConfig", "CTOML"]),
        tests("FuzzSubjectsTests", ["FuzzSubjects"]),
    ] + fuzzer

let programs: [Product] = [
    .executable(name: "activationd", targets: ["activationd"]),
    .executable(name: "activationctl", targets: ["activationctl"]),
    .executable(name: "platform-simulator", targets: ["platform-simulator"]),
]

// Exact versions: Package.resolved is not committed. swift-nio is pinned here although only our dependencies need most
// of it, because versions before 2.100.0 accept CR/LF in a request target and header blocks without a limit
// (CVE-2026-28970, CVE-2026-28980).
let package = Package(
    name: "activationd",
    products: wanted == nil ? programs : [],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
    ],
    targets: wanted.map { needed(by: $0, of: targets) } ?? targets,
    cxxLanguageStandard: .cxx17
)
