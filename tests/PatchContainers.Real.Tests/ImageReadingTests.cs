using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Repositories.Apt;
using PatchContainers.Stores;
using PatchContainers.TestKit;
using Xunit;

namespace PatchContainers.Real.Tests;

/// <summary>What we read from a real image, against what the container itself says.</summary>
public sealed class ImageReadingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_package_list_equals_dpkg_query_in_the_container()
    {
        var real = RealEngines.Require();
        var image = real.App("install");
        var expected = await real.DockerAsync("run", "--rm", "--network", "none", image, "dpkg-query", "-W", "-f",
            @"${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n");

        var packages = await ReadPackagesAsync(image);

        Assert.Empty(packages.Unassessed);
        Assert.Equal(
            expected.Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            packages.Packages.Select(p => string.Join('\t', p.Name, p.Version, p.Architecture, p.SourceName, p.SourceVersion)).Order(StringComparer.Ordinal));
        Assert.True(packages.Packages.Count > 100);
        Assert.Equal(("debian", "12"), (packages.Os!.Id, packages.Os.VersionId));
    }

    [Fact]
    public async Task A_package_names_the_layer_that_brought_it()
    {
        var real = RealEngines.Require();
        var packages = await ReadPackagesAsync(real.App("install"));
        Assert.Equal(1, packages.Packages.Single(p => p.Name == "less").Layer);
        Assert.Equal(0, packages.Packages.Single(p => p.Name == "openssl").Layer);
    }

    [Fact]
    public async Task An_image_reads_alike_from_the_registry_and_as_saved_by_docker_podman_and_skopeo()
    {
        var real = RealEngines.Require();
        var name = real.App("useradd");
        var expected = await DescribeAsync(name);
        foreach (var tool in new[] { "docker", "podman", "skopeo" })
        {
            var file = Path.Combine(real.Folder, "archives", tool + ".tar");
            Assert.Equal(expected, await DescribeAsync($"docker-archive:{file}:{name}"));
            Assert.Equal(expected, await DescribeAsync($"docker-archive:{file}"));
        }
    }

    [Fact]
    public async Task The_upgradable_set_by_our_version_order_equals_apts()
    {
        var real = RealEngines.Require();
        using var folder = new TemporaryFolder();
        // The container asks the distribution, and leaves the indexes that it saw, so that both sides judge by the same ones.
        const string Script = "printf 'deb http://deb.debian.org/debian bookworm main\ndeb http://deb.debian.org/debian-security bookworm-security main\n' > /etc/apt/sources.list"
            + " && apt-get update -qq && cp /var/lib/apt/lists/*_Packages /out/ && apt list --upgradable 2>/dev/null";
        var base12 = $"{real.Registry}/debian@{real.OldBase}";
        var said = await real.DockerAsync("run", "--rm", "--network", "host", "-v", $"{folder.Path}:/out", base12, "sh", "-c", Script);
        var expected = said.Split('\n').Where(l => l.Contains("[upgradable from: ", StringComparison.Ordinal))
            .Select(l => $"{l[..l.IndexOf('/', StringComparison.Ordinal)]} {l.Split(' ')[1]}")
            .Order(StringComparer.Ordinal).ToArray();

        var installed = (await ReadPackagesAsync(base12)).Packages;
        var available = new List<AptPackage>();
        foreach (var file in Directory.EnumerateFiles(folder.Path, "*_Packages"))
        {
            await using var stream = File.OpenRead(file);
            available.AddRange(AptPackagesFile.Read(stream, file));
        }

        var upgrades = AptUpgrades.Find(installed, available);
        Assert.NotEmpty(expected);
        Assert.Equal(expected, upgrades.Select(u => $"{u.Installed.Name} {u.Candidate.Version}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_registry_that_asks_for_a_password_gets_it_and_says_so_without_one()
    {
        var real = RealEngines.Require();
        var image = $"{real.LockedRegistry}/locked/copy:1.0";
        await real.SkopeoAsync("copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false", "--dest-creds", "tester:correct horse",
            $"docker://{real.App("copy")}", $"docker://{image}");
        var reference = ImageReference.Parse(image);

        var without = await Assert.ThrowsAsync<PatchException>(() => new ImageStoreRouter(new ImageStoreOptions()).ResolveAsync(reference, Cancel));
        Assert.Equal(PatchErrorCode.Unauthorized, without.Code);

        var with = new ImageStoreRouter(new ImageStoreOptions
        {
            Credentials = new Dictionary<string, Stores.Registry.RegistryCredential> { [real.LockedRegistry] = new("tester", "correct horse") },
        });
        var plain = new ImageStoreRouter(new ImageStoreOptions());
        Assert.Equal(
            (await plain.ResolveAsync(ImageReference.Parse(real.App("copy")), Cancel)).Digest,
            (await with.ResolveAsync(reference, Cancel)).Digest);
        Assert.DoesNotContain("correct horse", without.ToString(), StringComparison.Ordinal);
    }

    private static async Task<ImagePackages> ReadPackagesAsync(string image)
    {
        var store = new ImageStoreRouter(new ImageStoreOptions());
        var resolved = await new ImageResolver(store).ResolveAsync(ImageReference.Parse(image), Cancel);
        return await new ImagePackageReader(new LayerSource(store, null, new LayerLimits())).ReadAsync(resolved.Reference, resolved.Platforms[0], Cancel);
    }

    // What must not depend on who stored the image: its config, its layers' contents, its packages.
    private static async Task<string> DescribeAsync(string image)
    {
        var store = new ImageStoreRouter(new ImageStoreOptions());
        var resolved = await new ImageResolver(store).ResolveAsync(ImageReference.Parse(image), Cancel);
        var platform = Assert.Single(resolved.Platforms);
        var packages = await ReadPackagesAsync(image);
        return string.Join('\n',
            [
                platform.Manifest.Config.Digest.ToString(), platform.Platform.ToString(), .. platform.Config.DiffIds.Select(d => d.ToString()),
                .. packages.Packages.Select(p => $"{p.Name} {p.Version}"),
            ]);
    }
}
