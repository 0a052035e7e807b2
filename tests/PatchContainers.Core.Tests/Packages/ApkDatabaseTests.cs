using System.Formats.Tar;
using System.Text;
using System.Text.Json;
using PatchContainers.Images;
using PatchContainers.Layers;
using PatchContainers.Packages;
using PatchContainers.Packages.Apk;
using Xunit;

namespace PatchContainers.Core.Tests.Packages;

public sealed class ApkDatabaseTests
{
    private const string Installed = "lib/apk/db/installed";

    [Fact]
    public void Packages_are_read_and_their_files_passed_over()
    {
        var database = Read("C:Q1x=\nP:libcrypto3\nV:3.1.4-r5\nA:x86_64\no:openssl\nF:lib\nR:libcrypto.so.3\na:0:0:755\n\nP:musl\nV:1.2.4-r2\nA:x86_64\n");
        Assert.Empty(database.Unassessed);
        Assert.Equal(
            [
                new InstalledPackage { Type = "apk", Name = "libcrypto3", Version = "3.1.4-r5", Architecture = "x86_64", SourceName = "openssl", SourceVersion = "3.1.4-r5", DatabasePath = Installed },
                new InstalledPackage { Type = "apk", Name = "musl", Version = "1.2.4-r2", Architecture = "x86_64", SourceName = "musl", SourceVersion = "1.2.4-r2", DatabasePath = Installed },
            ],
            database.Packages);
    }

    [Theory]
    [InlineData("garbage\n", Installed, "", "line 4: the line is not a letter")]
    [InlineData("P:broken\nV:1\nx\n", "broken", "1", "line 6: the line is not a letter")]
    [InlineData("P:broken\nP:twice\nV:1\n", "broken", "1", "line 5: a second line 'P'")]
    [InlineData("P:broken\n", "broken", "", "line 4: the package has no version")]
    [InlineData("V:1\n", Installed, "1", "line 4: the paragraph names no package")]
    public void A_broken_paragraph_is_unassessed_with_file_line_and_fault_and_the_rest_is_read(string paragraph, string package, string version, string fault)
    {
        var database = Read($"P:first\nV:1\n\n{paragraph}\nP:last\nV:2\n");
        Assert.Equal(["first", "last"], database.Packages.Select(p => p.Name));
        Assert.Equal(new UnassessedPackage(package, version, database.Unassessed[0].Reason), Assert.Single(database.Unassessed));
        Assert.StartsWith(Installed + ", ", database.Unassessed[0].Reason, StringComparison.Ordinal);
        Assert.Contains(fault, database.Unassessed[0].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("grype-syft/syft/alpine/multiple-1/lib/apk/db/installed", 4, 0)]
    [InlineData("grype-syft/syft/alpine/corrupt/lib/apk/db/installed", 1, 1)]
    [InlineData("grype-syft/syft/alpine/single", 1, 0)]
    [InlineData("grype-syft/syft/alpine/base", 1, 0)]
    [InlineData("trivy/pkgdb/apk/testdata/apk", 15, 1)]
    public void Databases_of_others_are_read_whole(string file, int packages, int unassessed)
    {
        var text = File.ReadAllText(Conformance.Path(file.Split('/')));
        var database = Read(text);
        Assert.Equal((packages, unassessed), (database.Packages.Count, database.Unassessed.Count));
    }

    [Fact]
    public async Task A_real_image_lists_what_another_scanner_read_from_it()
    {
        using var golden = JsonDocument.Parse(await File.ReadAllBytesAsync(
            Conformance.Path("trivy", "package-inventories", "alpine-310.json.golden"), TestContext.Current.CancellationToken));
        var expected = golden.RootElement.EnumerateArray().Select(p =>
            $"{p.GetProperty("Name")} {p.GetProperty("Arch")} {p.GetProperty("SrcName")}");

        var packages = ImagePackageReader.Read(new SquashedView(await ReadArchiveAsync("alpine-310.tar.gz")));

        Assert.Equal(expected.Order(StringComparer.Ordinal),
            packages.Packages.Select(p => $"{p.Name} {p.Architecture} {p.SourceName}").Order(StringComparer.Ordinal));
        // The list was made from 3.10.2, the image is 3.10.4: the packages are the same, some versions are not.
        Assert.Equal("1.30.1-r3", packages.Packages.Single(p => p.Name == "busybox").Version);
        Assert.Equal(("alpine", "3.10.4"), (packages.Os?.Id, packages.Os?.VersionId));
        Assert.All(packages.Packages, p => Assert.Equal(0, p.Layer));
        Assert.Empty(packages.Unassessed);
    }

    private static async Task<LayerContent[]> ReadArchiveAsync(string name)
    {
        await using var stream = Conformance.Open("trivy", "images", name);
        using var archive = new TarReader(stream);
        var layers = new List<LayerContent>();
        while (await archive.GetNextEntryAsync(copyData: true, TestContext.Current.CancellationToken) is { } entry)
        {
            if (entry.Name.EndsWith("/layer.tar", StringComparison.Ordinal))
            {
                using var layer = new MemoryStream();
                await entry.DataStream!.CopyToAsync(layer, TestContext.Current.CancellationToken);
                var descriptor = new Descriptor(MediaTypes.DockerLayer, Digest.OfBytes(layer.ToArray()), layer.Length);
                layer.Position = 0;
                layers.Add(await new LayerReader(new LayerLimits()).ReadAsync(layer, new LayerName(ImageReference.Parse("alpine:3.10"), descriptor),
                    descriptor.Digest, ImagePackageReader.Selection, TestContext.Current.CancellationToken));
            }
        }

        return [.. layers];
    }

    private static PackageDatabase Read(string text) => ApkDatabase.Read(Encoding.UTF8.GetBytes(text), Installed);
}
