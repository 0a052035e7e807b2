using System.Text.Json;
using System.Text.Json.Nodes;
using PatchContainers.History;
using PatchContainers.Records;
using PatchContainers.Rollout;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Advisories;
using PatchContainers.Updating;
using Xunit;

namespace PatchContainers.Real.Tests;

/// <summary>
/// The pipeline as a user runs it, on images that a real engine built from Debian's own packages, in a real registry. The advisories are what
/// the packages' own changelogs say was fixed between the outdated base and the current one.
/// </summary>
public sealed class PipelineTests
{
    private static readonly string[] Applications = ["copy", "useradd", "install", "buildah"];

    [Fact]
    public async Task Applications_on_an_outdated_base_are_found_scanned_rebased_and_rolled_out()
    {
        var real = RealEngines.Require();
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["PATCHCONTAINERS_HOME"] = folder["state"] };
        await ImportFixesAsync(real, folder, environment);

        // Stale, and by which evidence.
        string[] images = [.. Applications.SelectMany(a => new[] { "--image", real.App(a) })];
        var stale = await Run.PatchContainersAsync(["stale", .. images, "--base-image", real.KnownBase], null, environment);
        Assert.True(stale.ExitCode == 0, stale.Error);
        var found = Records<StaleImage>(stale.Output).ToDictionary(s => s.Image);
        Assert.All(Applications, a =>
        {
            var record = found[real.App(a)];
            Assert.Equal(StaleStatus.Stale, record.Status);
            Assert.Contains(StaleReason.BaseChanged, record.Reasons);
            Assert.Equal((real.OldBase, real.NewBase), (record.Base.RecordedDigest, record.Base.CurrentDigest));
            Assert.Equal(a == "buildah" ? BaseEvidence.Annotation : BaseEvidence.LayerPrefix, record.Base.Method);
        });

        // Every fix that the changelogs name is a finding with that fixed version, and nothing else is one.
        var scan = await Run.PatchContainersAsync(["scan"], stale.Output, environment);
        Assert.True(scan.ExitCode == 0, scan.Error);
        var expected = real.Fixes().Select(f => $"{f.Cve} {f.Source} {f.Fixed}").Distinct().Order(StringComparer.Ordinal).ToArray();
        Assert.NotEmpty(expected);
        Assert.All(Records<ImageScanResult>(scan.Output), result =>
        {
            Assert.Empty(result.Unassessed);
            Assert.Equal(expected, result.Findings.Select(f => $"{f.Id} {f.SourcePackage} {f.FixedVersion}").Distinct().Order(StringComparer.Ordinal));
            Assert.All(result.Findings, f => Assert.Equal(FindingOrigin.Base, f.Origin));
        });

        // Rebased, but for the application that installed packages itself.
        var update = await Run.PatchContainersAsync(["update"], scan.Output, environment);
        var updates = Records<BaseImageUpdate>(update.Output).ToDictionary(u => u.Image);
        await TheInstalledApplicationIsRefusedAsync(real, updates[real.App("install")]);
        foreach (var application in Applications.Where(a => a != "install"))
        {
            await TheRebasedApplicationRunsOnTheNewBaseAsync(real, real.App(application), updates[real.App(application)]);
        }

        // The same again uploads nothing: the result is already there, under the same digest.
        var again = await Run.PatchContainersAsync(["update"], scan.Output, environment);
        Assert.All(Records<BaseImageUpdate>(again.Output).Where(u => u.Status == UpdateStatus.Updated), u =>
        {
            Assert.Equal(updates[u.Image].NewDigest, u.NewDigest);
            Assert.Equal(0, u.BytesUploaded);
        });

        await RollOutAsync(real, folder, update.Output, updates[real.App("copy")], environment);
    }

    private static async Task TheInstalledApplicationIsRefusedAsync(RealEngines real, BaseImageUpdate update)
    {
        Assert.Equal(UpdateStatus.Refused, update.Status);
        using var manifest = JsonDocument.Parse(await real.SkopeoAsync("inspect", "--raw", "--tls-verify=false", $"docker://{update.Image}"));
        var layers = manifest.RootElement.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("digest").GetString()).ToArray();
        var rejection = Assert.Single(update.Rejected, r => r.Path == "var/lib/dpkg/status");
        Assert.Equal(layers[1], rejection.Layer);
        Assert.Contains("apt-get install", rejection.HistoryLine, StringComparison.Ordinal);
    }

    private static async Task TheRebasedApplicationRunsOnTheNewBaseAsync(RealEngines real, string image, BaseImageUpdate update)
    {
        Assert.Equal(UpdateStatus.Updated, update.Status);
        Assert.Empty(update.Remaining);
        Assert.Empty(update.Introduced);
        Assert.Equal(real.Fixes().Select(f => f.Cve).Distinct().Order(StringComparer.Ordinal), update.Fixed.Select(f => f.Id).Distinct().Order(StringComparer.Ordinal));

        // Another tool reads the same: new base's layers, then the application's, and the application's own configuration.
        var atDigest = $"{image[..image.LastIndexOf(':')]}@{update.NewDigest}";
        var layers = await LayersAsync(real, atDigest);
        var newBase = await LayersAsync(real, $"{real.Registry}/debian@{real.NewBase}");
        var oldBase = await LayersAsync(real, $"{real.Registry}/debian@{real.OldBase}");
        Assert.Equal([.. newBase, .. (await LayersAsync(real, image)).Skip(oldBase.Length)], layers);
        var before = JsonNode.Parse(await real.SkopeoAsync("inspect", "--config", "--tls-verify=false", $"docker://{image}"))!;
        var after = JsonNode.Parse(await real.SkopeoAsync("inspect", "--config", "--tls-verify=false", $"docker://{atDigest}"))!;
        foreach (var property in new[] { "Cmd", "Entrypoint", "Env", "User", "WorkingDir" })
        {
            Assert.Equal(before["config"]?[property]?.ToJsonString(), after["config"]?[property]?.ToJsonString());
        }

        // It starts, and has the new base's packages.
        var installed = await real.DockerAsync("run", "--rm", "--network", "none", atDigest, "dpkg-query", "-W", "-f", @"${Package} ${Version}\n");
        var onNewBase = await real.DockerAsync("run", "--rm", "--network", "none", $"{real.Registry}/debian@{real.NewBase}", "dpkg-query", "-W", "-f", @"${Package} ${Version}\n");
        Assert.Equal(onNewBase, installed);
        Assert.Contains("shop is open", await real.DockerAsync("run", "--rm", "--network", "none", atDigest), StringComparison.Ordinal);
    }

    private static async Task RollOutAsync(RealEngines real, TemporaryFolder folder, string updates, BaseImageUpdate update, Dictionary<string, string> environment)
    {
        // With what is known of the old base, the gate fails for an image on it: the update turned round is such a rollout.
        var backwards = RecordJson.Write(update with { Image = update.NewImage, Digest = update.NewDigest, NewImage = update.Image, NewDigest = update.Digest });
        var wrong = await Run.PatchContainersAsync(
            ["rollout", "start", "--path", await MakeRingsAsync(folder, "backwards", $"{update.NewImage}@{update.NewDigest}"), "--ring", "staging,production"],
            backwards, environment);
        Assert.Equal(4, wrong.ExitCode);
        Assert.Equal(RolloutStatus.RolledBack, Records<PatchRollout>(wrong.Output).Single().Status);

        await MakeRingsAsync(folder, "deploy", real.App("copy"));
        var rollout = await Run.PatchContainersAsync(
            ["rollout", "start", "--path", folder["deploy"], "--ring", "staging,production", "--fail-on", "low"], updates, environment);
        Assert.True(rollout.ExitCode == 0, rollout.Error);
        Assert.Equal(RolloutStatus.Succeeded, Records<PatchRollout>(rollout.Output).Single().Status);
        foreach (var ring in new[] { "staging", "production" })
        {
            Assert.Contains($"image: {update.NewImage.Split('@')[0]}@{update.NewDigest}\n",
                await File.ReadAllTextAsync(folder["deploy", ring, "shop.yaml"], TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        var history = await Run.PatchContainersAsync(["history", "--image", real.App("copy")], null, environment);
        Assert.Contains(Records<PatchRecord>(history.Output), r => r.NewDigest == update.NewDigest);
        var verified = await Run.PatchContainersAsync(["history", "verify"], null, environment);
        Assert.True(verified.ExitCode == 0, verified.Output + verified.Error);
    }

    private static async Task<string> MakeRingsAsync(TemporaryFolder folder, string name, string image)
    {
        foreach (var ring in new[] { "staging", "production" })
        {
            Directory.CreateDirectory(folder[name, ring]);
            await File.WriteAllTextAsync(folder[name, ring, "shop.yaml"],
                $"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: shop}}  # {ring}\nspec:\n  template:\n    spec:\n      containers:\n"
                + $"      - name: shop\n        image: {image}\n",
                TestContext.Current.CancellationToken);
        }

        return folder[name];
    }

    private static async Task ImportFixesAsync(RealEngines real, TemporaryFolder folder, Dictionary<string, string> environment)
    {
        await File.WriteAllLinesAsync(folder["fixes.jsonl"], ChangelogFix.ToRecords(real.Fixes()).Select(r => r.ToJsonString()), TestContext.Current.CancellationToken);
        var import = await Run.PatchContainersAsync(["advisories", "update", "--path", folder["fixes.jsonl"]], null, environment);
        Assert.True(import.ExitCode == 0, import.Error);
    }

    private static async Task<string[]> LayersAsync(RealEngines real, string image)
    {
        using var manifest = JsonDocument.Parse(await real.SkopeoAsync("inspect", "--raw", "--tls-verify=false", $"docker://{image}"));
        return [.. manifest.RootElement.GetProperty("layers").EnumerateArray().Select(l => l.GetProperty("digest").GetString()!)];
    }

    private static T[] Records<T>(string lines)
        where T : class => [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => RecordJson.Read<T>(line, "patchcontainers"))];
}
