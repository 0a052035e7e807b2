using PatchContainers.Packages;
using PatchContainers.Scanning;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Core.Tests.Updating;

public sealed class UpdateProofTests
{
    private const string Platform = "linux/amd64";

    /// <summary>The finding's fixed version, the new base's package and version; whether the finding is predicted to go.</summary>
    public static TheoryData<string, string, string, string, string, bool> Predictions => new()
    {
        { "fixed", "3.0.11-1", "libssl3", "deb", "3.0.11-1", true },
        { "newer than fixed", "3.0.11-1", "libssl3", "deb", "1:1", true },
        { "not new enough", "3.0.11-1", "libssl3", "deb", "3.0.11-1~deb12u1", false },
        { "no fix known", "", "libssl3", "deb", "3.0.13-1", false },
        { "a version that is none", "3.0.11-1", "libssl3", "deb", "not a version", false },
        { "a package of another kind", "3.0.11-1", "libssl3", "apk", "3.0.13", false },
        { "the package is gone", "3.0.11-1", "other", "deb", "1", true },
        { "the package is gone without a fix", "", "other", "deb", "1", true },
    };

    [Theory]
    [MemberData(nameof(Predictions))]
    public void Packages_of_the_new_base_predict_fixes(string why, string fixedVersion, string package, string type, string version,
        bool expected)
    {
        var packages = new ImagePackages
        {
            Packages = [new InstalledPackage { Type = type, Name = package, Version = version, SourceName = package,
                SourceVersion = version, DatabasePath = "x" }],
            Unassessed = [],
        };

        var predicted = UpdateProof.Predict(Scan(Found("CVE-1", fixedVersion)), new Dictionary<string,
            ImagePackages> { [Platform] = packages });

        Assert.True(expected == (predicted.Count == 1), why);
    }

    [Fact]
    public void A_database_that_cannot_be_read_predicts_nothing()
    {
        var unread = new ImagePackages { Packages = [], Unassessed = [new UnassessedPackage("/", "", "none is known")] };

        Assert.Empty(UpdateProof.Predict(Scan(Found("CVE-1")), new Dictionary<string, ImagePackages> { [Platform] = unread }));
    }

    [Fact]
    public void What_is_fixed_what_remains_and_what_came()
    {
        var changes = UpdateProof.Compare(Scan(Found("CVE-1"), Found("CVE-2")), Scan(Found("CVE-2", version: "2"), Found("CVE-3")));

        Assert.Equal(["CVE-1"], changes.Fixed.Select(f => f.Id));
        Assert.Equal(["CVE-2 2"], changes.Remaining.Select(f => $"{f.Id} {f.Version}"));
        Assert.Equal(["CVE-3"], changes.Introduced.Select(f => f.Id));
    }

    [Theory]
    [InlineData("libssl3", "what")]
    [InlineData("var/lib/dpkg/status", "")]
    [InlineData("/", "")]
    public void What_the_new_scan_could_not_look_at_is_not_fixed(string package, string version)
    {
        var blind = new ScanEvidence([Result() with { Unassessed = [new UnassessedPackage(package, version, "no idea")] }]);

        var changes = UpdateProof.Compare(Scan(Found("CVE-1")), blind);

        Assert.Empty(changes.Fixed);
        Assert.Equal(["CVE-1"], changes.Remaining.Select(f => f.Id));
        Assert.Contains("not counted as fixed", Assert.Single(UpdateProof.Differences(changes.Unseen, changes)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_platform_that_was_not_scanned_again_proves_nothing() =>
        Assert.Empty(UpdateProof.Compare(Scan(Found("CVE-1")), new ScanEvidence([Result() with { Platform = "linux/arm64" }])).Fixed);

    [Fact]
    public void Findings_that_do_not_count_are_not_fixed_either()
    {
        var suppressed = Scan(Found("CVE-1") with { Suppressed = "VEX" }, Found("CVE-2") with { FixState = FixState.NotAffected });

        Assert.Empty(UpdateProof.Compare(suppressed, Scan()).Fixed);
    }

    [Fact]
    public void Where_prediction_and_scan_agree_there_is_nothing_to_say()
    {
        var old = Scan(Found("CVE-1"));
        var changes = UpdateProof.Compare(old, Scan());

        Assert.Empty(UpdateProof.Differences(old.Findings, changes));
        Assert.Contains("do not explain: CVE-1 in libssl3.", Assert.Single(UpdateProof.Differences([], changes)), StringComparison.Ordinal);
    }

    private static ScanEvidence Scan(params Finding[] findings) => new([Result() with { Findings = findings }]);

    private static ImageScanResult Result() => new()
    {
        Image = "app:1",
        Digest = "sha256:x",
        Platform = Platform,
        ManifestDigest = "sha256:x",
        Scanner = new ScannerInfo { Name = "test" },
    };

    private static Finding Found(string id, string fixedVersion = "3.0.11-1", string version = "3.0.9-1") => new()
    {
        Id = id,
        Package = "libssl3",
        Version = version,
        Type = "deb",
        FixedVersion = fixedVersion,
        FixState = fixedVersion.Length > 0 ? FixState.Fixed : FixState.NotFixed,
    };
}
