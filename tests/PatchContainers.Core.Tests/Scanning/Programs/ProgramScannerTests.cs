using System.Formats.Tar;
using System.Text;
using PatchContainers.Images;
using PatchContainers.Scanning;
using PatchContainers.Staleness;
using PatchContainers.Stores;
using PatchContainers.Stores.Registry;
using PatchContainers.TestKit;
using PatchContainers.TestKit.Images;
using PatchContainers.TestKit.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Programs;

/// <summary>Scanners that are executables, by a stand-in that replays what they print.</summary>
public sealed class ProgramScannerTests : IDisposable
{
    private const string Image = "r.example/shop/web:1";
    private const string Version = """{"Version": "0.57.1", "VulnerabilityDB": {"Version": 2, "UpdatedAt": "2024-11-01T06:14:53.1Z"}}""";

    private readonly TemporaryFolder _folder = new();
    private readonly StandIn _scanner;
    private readonly NoticeList _notices = new();

    public ProgramScannerTests() => _scanner = new StandIn(_folder, Version);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Trivy_is_told_the_layout_and_the_manifest_and_its_findings_have_their_origin()
    {
        using var services = Open("trivy");
        var baseImage = ImageWorld.BaseImage("1");
        var baseDigest = (await baseImage.WriteAsync(services.Store, "r.example/base:1", Token)).Digest;
        var image = ImageWorld.AppBuilder(baseImage).Build();
        var digest = (await image.WriteAsync(services.Store, Image, Token)).Digest;
        var diffIds = (await new ImageResolver(services.Store).ResolveAsync(ImageReference.Parse(Image), Token)).Platforms[0].Config.DiffIds;
        _scanner.Reports(Trivy(
            Vulnerability("CVE-2024-0001", image.Layers[0].Descriptor.Digest.ToString()), Vulnerability("CVE-2024-0002", diffIds[^1].ToString())));

        var result = Assert.Single(await ScanAsync(services, "trivy", target => target with
        {
            Base = new BaseImageInfo { Name = "r.example/base:1", RecordedDigest = baseDigest.ToString() },
        }));
        Assert.Equal((Image, digest.ToString(), "linux/amd64", digest.ToString()), (result.Image, result.Digest, result.Platform, result.ManifestDigest));
        Assert.Equal(("Trivy", "0.57.1", new DateTimeOffset(2024, 11, 1, 6, 14, 53, 100, TimeSpan.Zero)), (result.Scanner.Name, result.Scanner.Version, result.Scanner.DatabaseTime));
        Assert.Equal([FindingOrigin.Base, FindingOrigin.Application], result.Findings.Select(f => f.Origin));
        Assert.Equal(image.Layers[^1].Descriptor.Digest.ToString(), result.Findings[1].Layer);
        Assert.Equal(["image", "--format", "json", "--quiet", "--scanners", "vuln", "--list-all-pkgs", "--timeout", "15m", "--input", $"{_folder["registry/shop/web"]}@{digest}"],
            _scanner.Arguments);
    }

    [Fact]
    public async Task Each_platform_is_scanned_by_its_own_manifest_and_a_server_is_named_as_the_settings_say()
    {
        using var services = Open("trivy", "\"server\": \"https://trivy.example\", \"timeout\": \"2m\", \"arguments\": [\"--offline-scan\"]");
        var index = new TestIndex(ImageWorld.BaseImage("1"), ImageWorld.BaseImage("1", "linux/arm64"));
        await index.WriteAsync(services.Store, Image, Token);
        _scanner.Reports(Trivy());

        var results = await ScanAsync(services, "Trivy");
        Assert.Equal(["linux/amd64", "linux/arm64"], results.Select(r => r.Platform));

        // The database is the server's.
        Assert.All(results, r => Assert.Equal(("0.57.1", null), (r.Scanner.Version, r.Scanner.DatabaseTime)));
        Assert.All(results, r => Assert.Contains($"{_folder["registry/shop/web"]}@{r.ManifestDigest}", _scanner.Arguments));
        Assert.Equal("--timeout,2m,--server,https://trivy.example,--offline-scan,--input", string.Join(',', _scanner.Arguments.SkipWhile(a => a != "--timeout").Take(6)));
    }

    [Fact]
    public async Task A_registry_s_login_goes_into_the_environment_and_no_variable_of_ours_does()
    {
        await using var registry = await RegistryServer.StartAsync(new RegistryServerOptions());
        var image = $"{registry.Host}/shop/web:1";
        Environment.SetEnvironmentVariable("PATCHCONTAINERS_TEST_SECRET", "mine");
        using var services = Open("trivy", credentials: new() { [registry.Host] = new RegistryCredential("ops", "s3cret") });
        var digest = (await ImageWorld.BaseImage("1").WriteAsync(services.Store, image, Token)).Digest;
        _scanner.Reports(Trivy());

        await ScanAsync(services, "trivy", image: image);
        Assert.Equal(["--image-src", "remote", $"{registry.Host}/shop/web@{digest}"], _scanner.Arguments[^3..]);
        Assert.DoesNotContain(_scanner.Arguments, a => a.Contains("s3cret", StringComparison.Ordinal));
        Assert.Contains("TRIVY_USERNAME=ops", _scanner.Environment);
        Assert.Contains("TRIVY_PASSWORD=s3cret", _scanner.Environment);
        Assert.Contains("TRIVY_NON_SSL=true", _scanner.Environment);
        Assert.DoesNotContain(_scanner.Environment, v => v.StartsWith("PATCHCONTAINERS_", StringComparison.Ordinal));

        _scanner.Reports("""{"matches": [], "source": {"type": "image", "target": {}}, "distro": {}, "descriptor": {"name": "grype", "version": "0.84.0"}}""");
        var result = Assert.Single(await ScanAsync(services, "grype", image: image));
        Assert.Equal(("Grype", "0.84.0"), (result.Scanner.Name, result.Scanner.Version));
        Assert.Equal(["--output", "json", "--quiet", $"registry:{registry.Host}/shop/web@{digest}"], _scanner.Arguments[^4..]);
        Assert.Contains($"GRYPE_REGISTRY_AUTH_AUTHORITY={registry.Host}", _scanner.Environment);
        Assert.Contains("GRYPE_REGISTRY_AUTH_PASSWORD=s3cret", _scanner.Environment);
        Assert.DoesNotContain(_scanner.Environment, v => v.StartsWith("TRIVY_", StringComparison.Ordinal));
    }

    // The report, the shell lines around it, and what is said of it.
    [Theory]
    [InlineData("{\"SchemaVersion\": 2, \"ArtifactName\": \"x\", \"Results\": [", "", "echo 'FATAL no database' >&2; exit 1", "it ended with exit code 1 and said: FATAL no database")]
    [InlineData("{\"SchemaVersion\": 2, \"ArtifactName\": \"x\"}", "", "exit 5", "it ended with exit code 5")]
    [InlineData("{\"SchemaVersion\": 2, \"ArtifactName\": \"x\", \"Results\": [", "", "", "what it printed is no report")]
    [InlineData("", "", "", "what it printed is no report: 'the output of")]
    [InlineData("null", "", "", "no report")]
    [InlineData("{\"SchemaVersion\": 2, \"ArtifactName\": \"x\"}", "sleep 60", "", "it did not end within 1s")]
    public async Task A_scanner_that_fails_is_an_error_and_never_a_result(string report, string before, string after, string fault)
    {
        using var services = Open("trivy", "\"timeout\": \"1s\"");
        await ImageWorld.BaseImage("1").WriteAsync(services.Store, Image, Token);
        _scanner.Reports(report, before, after);
        var e = await Assert.ThrowsAsync<PatchException>(() => ScanAsync(services, "trivy"));
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.StartsWith($"{Image} was not scanned by Trivy: '{_scanner.Path}' was called, and ", e.Message, StringComparison.Ordinal);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_image_of_an_archive_of_several_is_refused()
    {
        using var services = Open("trivy");
        var archive = Save(new TestImageBuilder().Docker().Plain().Layer("ADD rootfs", l => l.AddFile("etc/hostname", "x")).Build());
        _scanner.Reports(Trivy());
        await ScanAsync(services, "trivy", image: $"docker-archive:{archive}");
        Assert.Equal(["--input", archive], _scanner.Arguments[^2..]);

        var e = await Assert.ThrowsAsync<PatchException>(() => ScanAsync(services, "trivy", image: $"docker-archive:{archive}:app:1"));
        Assert.Equal(PatchErrorCode.NotSupported, e.Code);
        Assert.Contains("was not scanned by Trivy: it takes the first image of an archive", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_login_that_a_program_repeats_is_in_no_error()
    {
        await using var registry = await RegistryServer.StartAsync(new RegistryServerOptions());
        var image = $"{registry.Host}/shop/web:1";
        using var services = Open("trivy", credentials: new() { [registry.Host] = new RegistryCredential("ops", "s3cret") });
        await ImageWorld.BaseImage("1").WriteAsync(services.Store, image, Token);
        _scanner.Reports("{}", "echo \"login $TRIVY_PASSWORD or $(printf 'ops:s3cret' | base64) refused\" >&2; exit 1");
        var e = await Assert.ThrowsAsync<PatchException>(() => ScanAsync(services, "trivy", image: image));
        Assert.Contains("and said: login *** or *** refused", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"RepoDigests\": [\"other/x@sha256:cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc\"]", "its report is of sha256:cccc")]
    [InlineData("\"ImageConfig\": {\"os\": \"linux\", \"architecture\": \"s390x\"}", "its report is of linux/s390x, and not of linux/amd64")]
    public async Task A_report_of_something_else_than_was_asked_for_is_an_error(string metadata, string fault)
    {
        await using var registry = await RegistryServer.StartAsync(new RegistryServerOptions());
        using var services = Open("trivy");
        await ImageWorld.BaseImage("1").WriteAsync(services.Store, $"{registry.Host}/shop/web:1", Token);
        _scanner.Reports(Trivy().Replace("\"ArtifactType\"", $"\"Metadata\": {{{metadata}}}, \"ArtifactType\"", StringComparison.Ordinal));
        var e = await Assert.ThrowsAsync<PatchException>(() => ScanAsync(services, "trivy", image: $"{registry.Host}/shop/web:1"));
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.Contains(fault, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named()
    {
        using var services = Open("trivy", "\"command\": \"/no/such/trivy\"");
        await ImageWorld.BaseImage("1").WriteAsync(services.Store, Image, Token);
        var e = await Assert.ThrowsAsync<PatchException>(() => ScanAsync(services, "trivy"));
        Assert.Equal(PatchErrorCode.ScannerFailed, e.Code);
        Assert.Contains("'/no/such/trivy version --format json' was called, and there is no such program here", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_scanners_give_one_result_for_each_platform_and_one_that_fails_spoils_it_unless_it_may_be_partial()
    {
        using var services = Open("trivy");
        await ImageWorld.BaseImage("1").WriteAsync(services.Store, Image, Token);
        _scanner.Reports(Trivy(Vulnerability("CVE-2024-0001", string.Empty)));

        // Grype cannot read a layout of several images.
        var choice = new ScannerChoice { Names = ["Trivy", "grype", "trivy"] };
        Assert.Contains("r.example/shop/web:1 was not scanned by Grype: Grype takes the first image of an OCI layout", (await Assert.ThrowsAsync<PatchException>(() => ScanAsync(services, choice))).Message, StringComparison.Ordinal);
        var partial = Assert.Single(await ScanAsync(services, choice with { AllowPartial = true }));
        Assert.StartsWith("r.example/shop/web:1 was not scanned by Grype: Grype takes the first image", Assert.Single(partial.FailedScanners), StringComparison.Ordinal);
        Assert.Single(partial.Findings);
        Assert.Single(_notices.Warnings);

        Assert.Empty((await ScanAsync(services, choice with { Separate = true })).Single().FailedScanners);
        Assert.Single(_notices.Failures);
    }

    [Fact]
    public async Task Where_no_program_may_be_started_none_is()
    {
        var runner = new ExternalProgram(TimeProvider.System, name => name == ExternalProgram.ForbiddenVariable ? "1" : null);
        Assert.True(runner.IsForbidden);
        var e = await Assert.ThrowsAsync<ProgramFaultException>(() => new ExternalProgram(TimeProvider.System, _ => null).RunAsync(new ProgramCall
        {
            Command = "/bin/sh", Arguments = ["-c", "yes"], Timeout = TimeSpan.FromMinutes(1), MaxOutputBytes = 100_000,
        }, output => output.ReadByte(), Token));
        Assert.Equal("it printed more than 100000 bytes", e.Message);
    }

    // Of a scanner's settings, one fault each.
    [Theory]
    [InlineData("\"scanners\": []", "'scanners' is to be an object of scanners.")]
    [InlineData("\"scanners\": {\"Nobody\": {}}", "'scanners.Nobody' is no scanner that has settings. They are: Trivy, Grype")]
    [InlineData("\"scanners\": {\"trivy\": {\"timeout\": \"soon\"}}", "The scanner 'Trivy': the setting 'timeout' is 'soon'; it has to be a duration")]
    [InlineData("\"scanners\": {\"grype\": {\"server\": \"https://g.example\"}}", "The scanner 'Grype': the setting 'server' is not known.")]
    [InlineData("\"scanners\": {\"trivy\": {\"arguments\": \"-v\"}}", "'scanners.trivy.arguments' is to be a list of texts.")]
    [InlineData("\"scanners\": {\"trivy\": {\"colour\": 1}}", "'scanners.trivy.colour' is to hold text.")]
    public void A_setting_that_is_none_is_an_error(string settings, string fault)
    {
        File.WriteAllText(_folder[PatchSettings.FileName], $"{{{settings}}}");
        Assert.Contains(fault, Assert.Throws<PatchException>(() => PatchSettings.Load(null, new PatchState(_folder.Path))).Message, StringComparison.Ordinal);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Trivy(params string[] vulnerabilities) => $$"""
        {"SchemaVersion": 2, "ArtifactName": "x", "ArtifactType": "container_image", "Results": [
          {"Target": "x (debian 12.1)", "Class": "os-pkgs", "Type": "debian", "Packages": [{}, {}], "Vulnerabilities": [{{string.Join(',', vulnerabilities)}}]}]}
        """;

    private static string Vulnerability(string id, string layer) =>
        $$$"""{"VulnerabilityID": "{{{id}}}", "PkgName": "curl", "InstalledVersion": "1", "Severity": "HIGH", "Layer": {"DiffID": "{{{layer}}}"}}""";

    private string Save(TestImage image)
    {
        var path = _folder["app.tar"];
        using var tar = new TarWriter(File.Create(path), TarEntryFormat.Ustar);
        Add("config.json", image.Config.Content);
        Add("layer.tar", image.Layers[0].Content);
        Add("manifest.json", Encoding.UTF8.GetBytes("""[{"Config": "config.json", "RepoTags": ["app:1"], "Layers": ["layer.tar"]}]"""));
        return path;

        void Add(string name, byte[] content) =>
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
    }

    private PatchServices Open(string scanner, string settings = "", Dictionary<string, RegistryCredential>? credentials = null)
    {
        var command = settings.Contains("\"command\"", StringComparison.Ordinal) ? string.Empty : $"\"command\": \"{_scanner.Path}\"{(settings.Length > 0 ? ", " : string.Empty)}";
        File.WriteAllText(_folder[PatchSettings.FileName], $$"""
            {"registryMap": {"r.example": "oci:registry"}, "scanners": {"{{scanner}}": { {{command}}{{settings}} }, "GRYPE": {"command": "{{_scanner.Path}}"} } }
            """);
        return new PatchServices(new PatchServicesOptions
        {
            State = new PatchState(_folder.Path),
            Stores = new ImageStoreOptions { Credentials = credentials ?? [] },
            Platforms = () => throw new InvalidOperationException("No platform is needed."),
        });
    }

    private Task<List<ImageScanResult>> ScanAsync(PatchServices services, string scanner, Func<ScanTarget, ScanTarget>? edit = null, string image = Image) =>
        ScanAsync(services, new ScannerChoice { Names = [scanner] }, edit, image);

    private async Task<List<ImageScanResult>> ScanAsync(
        PatchServices services, ScannerChoice choice, Func<ScanTarget, ScanTarget>? edit = null, string image = Image)
    {
        var target = new ScanTarget { Image = ImageReference.Parse(image), Name = image };
        return await services.OpenScanner(choice).ScanAsync(edit?.Invoke(target) ?? target, _notices, Token).ToListAsync(Token);
    }
}
