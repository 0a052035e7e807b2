using PatchContainers.History;
using PatchContainers.Inventory;
using PatchContainers.Packages;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Updating;

namespace PatchContainers.Core.Tests.Records;

/// <summary>One record of each public type in which no property has its default value.</summary>
internal static class RecordSamples
{
    private static readonly DateTimeOffset Time = new(2026, 3, 1, 12, 30, 15, 123, TimeSpan.Zero);

    private static readonly string Digest = "sha256:" + new string('a', 64);

    private static readonly string Digest2 = "sha256:" + new string('b', 64);

    public static BaseImageInfo Base { get; } = new()
    {
        Name = "registry.example/base:12",
        RecordedDigest = Digest,
        CurrentDigest = Digest2,
        Method = BaseEvidence.LayerPrefix,
    };

    public static Workload Workload { get; } = new()
    {
        Id = "manifest:///srv/web.yaml/shop/Deployment/web#app",
        Platform = "Manifest",
        Context = "east",
        Namespace = "shop",
        Kind = "Deployment",
        Name = "web",
        Container = "app",
        Image = "registry.example/app:1.4",
        ChangedFiles = ["/etc/app.conf"],
        RunningDigests = [Digest, Digest2],
        Labels = new Dictionary<string, string>
        {
            ["app.kubernetes.io/name"] = "web",
            ["built"] = "2026-03-01T10:00:00Z",
            ["größe"] = "a+b \"c\"",
        },
        Path = "/srv/web.yaml",
    };

    public static StaleImage Stale { get; } = new()
    {
        Image = "registry.example/app:1.4",
        Digest = Digest,
        Platforms = ["linux/amd64", "linux/arm64"],
        Status = StaleStatus.Stale,
        Reasons = [StaleReason.BaseChanged, StaleReason.TooOld],
        Base = Base,
        Created = Time,
        AgeDays = 90,
        BehindDays = 30,
        SuggestedImage = "registry.example/base:12",
        Detail = "Built on another base.",
        Workloads = [Workload],
        CheckedAt = Time,
    };

    public static ImageScanResult Scan { get; } = new()
    {
        Image = "registry.example/app:1.4",
        Digest = Digest,
        Base = Base,
        Platform = "linux/amd64",
        ManifestDigest = Digest2,
        Os = new ScannedOs { Family = "debian", Version = "12", EndOfLife = false },
        Scanner = new ScannerInfo { Name = "Embedded", Version = "0.1.0", DatabaseTime = Time },
        Findings =
        [
            new Finding
            {
                Id = "CVE-2024-0001",
                Aliases = ["DSA-1-1"],
                Severity = Severity.High,
                SeveritySource = "debian",
                SeverityText = "important",
                Package = "libssl3",
                Version = "3.0.11-1",
                FixedVersion = "3.0.14-1",
                FixState = FixState.Fixed,
                SourcePackage = "openssl",
                Purl = "pkg:deb/debian/libssl3@3.0.11-1",
                Type = "deb",
                Path = "/var/lib/dpkg/status",
                Layer = Digest,
                Origin = FindingOrigin.Base,
                KnownExploited = true,
                Epss = 0.0123,
                Risk = 1.5,
                Scanners = ["Embedded", "Clair"],
                Cvss = "CVSS:3.1/AV:N",
                Url = "https://security.example/CVE-2024-0001",
            },
            new Finding
            {
                Id = "CVE-2024-0003",
                Package = "zlib1g",
                Version = "1",
                Severity = Severity.Critical,
                FixState = FixState.NotFixed,
            },
            new Finding { Id = "CVE-2024-0004", Package = "tar", Version = "1.34", Severity = Severity.Medium },
            new Finding { Id = "CVE-2024-0005", Package = "grep", Version = "3.8", Severity = Severity.Low },
            new Finding { Id = "CVE-2024-0006", Package = "sed", Version = "4.9" },
            new Finding
            {
                Id = "CVE-2024-0002",
                Package = "bash",
                Version = "5",
                FixState = FixState.WontFix,
                Suppressed = "not reachable",
            },
        ],
        Unassessed = [new UnassessedPackage("odd", "not a version", "The version cannot be read.")],
        PackageCount = 88,
        Policy = new ScannerPolicy { Id = "default", Action = "stop", Detail = "1 stop." },
        IsGateOnly = true,
        FailedScanners = ["Anchore: it did not answer."],
        Workloads = [Workload],
        ScannedAt = Time,
    };

    public static ImageScanComparison Comparison { get; } = new()
    {
        Image = "registry.example/app:1.4",
        Digest = Digest,
        Platform = "linux/amd64",
        Scanners = [new ScannerInfo { Name = "Embedded", Version = "0.1.0", DatabaseTime = Time }, new ScannerInfo { Name = "Clair" }],
        TotalCount = 4,
        CommonCount = 3,
        Agreement = 0.75,
        Differences =
        [
            new ScanDifference
            {
                Id = "CVE-2024-0001",
                Aliases = ["DSA-1-1"],
                Package = "libssl3",
                Version = "3.0.11-1",
                Severity = Severity.High,
                FoundBy = ["Embedded"],
                MissedBy = ["Clair"],
                Detail = "Severity: Embedded High, Clair Low.",
            },
        ],
    };

    public static ImageNotification Notification { get; } = new()
    {
        Id = "5e4b387e-88d3-4364-86fd-063447a6fad2",
        SetId = "269886f3-0146-4f08-9bf7-cb1138d48643",
        Image = "registry.example/app:1.4",
        Digest = Digest,
        Base = Base,
        AffectedDigest = Digest2,
        Reason = "added",
        Finding = Scan.Findings[0] with { Suppressed = "not reachable" },
        Workloads = [Workload],
        ReceivedAt = Time,
    };

    public static BaseImageUpdate Update { get; } = new()
    {
        Image = "registry.example/app:1.4",
        Digest = Digest,
        Base = Base,
        NewImage = "registry.example/app:1.4-patched-bbbbbbbb",
        NewDigest = Digest2,
        Strategy = UpdateStrategy.Rebase,
        Status = UpdateStatus.Updated,
        Reasons = ["Two caches differ."],
        Rejected =
        [
            new UpdateRejection
            {
                Strategy = UpdateStrategy.PackagePatch,
                Platform = "linux/arm64",
                Path = "/etc/x",
                Layer = Digest,
                HistoryLine = "RUN x",
                Reason = "No.",
            },
        ],
        Fixed = [new UpdateFinding("CVE-2024-0001", "libssl3", "3.0.11-1", "linux/amd64")],
        Remaining = [new UpdateFinding("CVE-2024-0002", "bash", "5.2", "linux/amd64")],
        Introduced = [new UpdateFinding("CVE-2024-0003", "zlib1g", "1.3", "linux/arm64")],
        Platforms = ["linux/amd64", "linux/arm64"],
        BytesUploaded = 5_000_000_000,
        BytesReused = 17,
        Workloads = [Workload],
    };

    public static PatchRollout Rollout { get; } = new()
    {
        Id = "20260301-123015-4f2a",
        Path = "/srv/deploy",
        Status = RolloutStatus.RolledBack,
        Reason = "The gate 'policy' failed.",
        Rings =
        [
            new RolloutRing
            {
                Name = "staging",
                Status = RingStatus.RolledBack,
                Gates =
                [
                    new GateResult
                    {
                        Gate = "policy", Verdict = GateVerdict.Failed, Batch = 2, Detail = "1", Digests = [Digest2], Time = Time,
                    },
                ],
            },
            new RolloutRing { Name = "production" },
        ],
        Changes =
        [
            new RolloutChange
            {
                Workload = Workload.Id,
                Platform = "Manifest",
                Path = "/srv/web.yaml",
                Ring = "staging",
                Rollout = "20260301-123015-4f2a",
                OldImage = "registry.example/app:1.4",
                NewImage = "registry.example/app:1.4-patched-bbbbbbbb@" + Digest2,
                OldDigest = Digest,
                NewDigest = Digest2,
                Options = new RolloutChangeOptions
                {
                    Canary = "10%",
                    Force = true,
                    TrialJob = true,
                    Host = "default",
                    Project = "shop",
                    Update = new SwarmUpdate
                    {
                        Parallelism = 2,
                        Delay = TimeSpan.FromSeconds(10),
                        Monitor = TimeSpan.FromSeconds(5),
                        Order = SwarmOrder.StartFirst,
                        MaxFailureRatio = 0.25,
                    },
                },
                Before = "{\"replicas\":3}",
                Ran = true,
                Status = ChangeStatus.RolledBack,
                Detail = "Put back.",
            },
        ],
        Steps =
        [
            new RolloutStep
            {
                Number = 1,
                Action = "Apply",
                Ring = "staging",
                Batch = 2,
                Target = Workload.Id,
                Detail = "registry.example/shop/web:1.4 -> registry.example/shop/web:1.4-patched",
                Outcome = "Written",
                StartedAt = Time,
                EndedAt = Time,
            },
            new RolloutStep { Number = 2, Action = "Gate", Ring = "staging", Target = "policy", StartedAt = Time },
        ],
        StartedAt = Time,
        EndedAt = Time,
        HistoryHead = "12:" + new string('c', 64),
    };

    public static PatchRecord History { get; } = new()
    {
        Sequence = 12,
        Time = Time,
        Kind = PatchRecordKind.Gate,
        Actor = "me@host",
        Image = "registry.example/app:1.4",
        OldDigest = Digest,
        NewDigest = Digest2,
        Workload = Workload.Id,
        Rollout = "20260301-123015-4f2a",
        Outcome = "Failed",
        Findings = ["CVE-2024-0001"],
        Gates = ["policy: Failed"],
        Detail = "1 finding at or above High.",
        Key = "r/3/1",
        PreviousHash = new string('c', 64),
        Hash = new string('d', 64),
    };

    public static IReadOnlyList<object> All { get; } = [Workload, Stale, Scan, Update, Rollout, History, Comparison, Notification];
}
