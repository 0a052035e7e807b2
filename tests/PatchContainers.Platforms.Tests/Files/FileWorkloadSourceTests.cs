using System.Diagnostics;
using PatchContainers.Inventory;
using PatchContainers.Platforms.Files;
using PatchContainers.Platforms.Yaml;
using Xunit;

namespace PatchContainers.Platforms.Tests.Files;

public sealed class FileWorkloadSourceTests : IDisposable
{
    private const string Compose = "services: {web: {image: 'x:1'}}\n";

    private readonly FileSet _files = new();

    [Fact]
    public async Task A_folder_is_read_with_all_below_it_in_the_order_of_names()
    {
        _files.Write("b/compose.yaml", Compose);
        _files.Write("b/a/compose.YML", Compose);
        _files.Write("a.json", Compose);
        _files.Write("z.yaml", Compose);
        _files.Write("notes.txt", Compose);
        _files.Write("compose", Compose);
        Assert.Equal(["a.json", "z.yaml", "b/compose.yaml", "b/a/compose.YML"], (await _files.ListAsync()).Select(workload =>
            Path.GetRelativePath(_files.Root, workload.Path).Replace('\\', '/')));
        Assert.Empty(_files.Notices.Failures);
    }

    [Fact]
    public async Task Hidden_files_and_folders_are_passed_over()
    {
        _files.Write(".git/compose.yaml", Compose);
        _files.Write(".hidden.yaml", Compose);
        Assert.Empty(await _files.ListAsync());
    }

    [Fact]
    public async Task A_file_that_is_named_is_read_whatever_its_name()
    {
        var path = _files.Write(".stack.tpl", Compose);
        Assert.Equal($"compose://{path}/web", (await _files.OneAsync(".stack.tpl")).Id);
    }

    [Fact]
    public async Task A_relative_path_gives_full_ones()
    {
        var path = _files.Write("compose.yaml", Compose);
        var workload = Assert.Single(await _files.ListAsync(Path.GetRelativePath(Environment.CurrentDirectory, path)));
        Assert.Equal(path, workload.Path);
    }

    [Fact]
    public async Task A_link_to_a_file_is_read_and_a_link_to_a_folder_is_not_entered()
    {
        using var other = new FileSet();
        other.Write("compose.yaml", Compose);
        File.CreateSymbolicLink(_files["link.yaml"], other["compose.yaml"]);
        Directory.CreateSymbolicLink(_files["outside"], other.Root);
        Directory.CreateDirectory(_files["real"]);
        Directory.CreateSymbolicLink(_files["inside"], _files["real"]);
        Directory.CreateSymbolicLink(_files["real/up"], _files.Root);
        Assert.Equal(_files["link.yaml"], Assert.Single(await _files.ListAsync()).Path);
        Assert.Contains(other.Root, Assert.Single(_files.Notices.Warnings));
        Assert.Equal(2, _files.Notices.Details.Count(detail =>
            detail.Contains("links to a folder that is read where it lies", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_link_to_nothing_and_a_loop_of_links_are_failures_and_the_rest_goes_on()
    {
        _files.Write("ok.yaml", Compose);
        File.CreateSymbolicLink(_files["nothing.yaml"], _files["gone.yaml"]);
        File.CreateSymbolicLink(_files["a.yaml"], _files["b.yaml"]);
        File.CreateSymbolicLink(_files["b.yaml"], _files["a.yaml"]);
        Assert.Single(await _files.ListAsync());
        Assert.Equal([_files["a.yaml"], _files["b.yaml"], _files["nothing.yaml"]], _files.Notices.Failures.Select(failure =>
            failure.Target));
        Assert.Contains("which is not there", _files.Notices.Failures[2].Message);
    }

    [Fact]
    public async Task A_pipe_is_not_waited_for()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no pipes among files.");
        using var made = Process.Start("mkfifo", _files["pipe.yaml"]);
        await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await _files.ListAsync());
        Assert.Empty(_files.Notices.Failures);
    }

    public static TheoryData<string, byte[], PatchErrorCode> Bad => new()
    {
        { "binary.yaml", [0x7F, (byte)'E', (byte)'L', (byte)'F', 0, 1, 2], PatchErrorCode.InvalidData },
        { "cut.yaml", [(byte)'a', (byte)':', (byte)' ', 0xE4, 0xB8], PatchErrorCode.InvalidData },
        { "broken.yaml", "a: [1, 2"u8.ToArray(), PatchErrorCode.InvalidData },
        { "broken.json", "{\"kind\": \"Pod\", \"image\": "u8.ToArray(), PatchErrorCode.InvalidData },
        { "bomb.yaml", System.Text.Encoding.UTF8.GetBytes("a: &a [x, x, x, x, x, x, x, x, x, x]\n"
            + string.Concat("bcdefghi".Select(c => $"{c}: &{c} [{string.Join(", ", Enumerable.Repeat($"*{(char)(c - 1)}", 10))}]\n"))),
            PatchErrorCode.LimitExceeded },
        { "deep.json", System.Text.Encoding.UTF8.GetBytes(new string('[', 10_000)), PatchErrorCode.LimitExceeded },
        { "template.yaml", "{{ if .x }}\na: b\n{{ end }}\n"u8.ToArray(), PatchErrorCode.NotSupported },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task A_file_that_cannot_be_read_is_a_failure_that_names_it_and_the_rest_goes_on(string name, byte[] bytes,
        PatchErrorCode code)
    {
        var path = _files.Write(name, bytes);
        _files.Write("ok.yaml", Compose);
        Assert.Single(await _files.ListAsync());
        var failure = Assert.Single(_files.Notices.Failures);
        Assert.Equal((code, path), (failure.Code, failure.Target));
        Assert.StartsWith($"'{path}' ", failure.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("# only a comment\n")]
    [InlineData("---\n...\n")]
    public async Task An_empty_file_is_no_failure(string text)
    {
        _files.Write("empty.yaml", text);
        Assert.Empty(await _files.ListAsync());
        Assert.Empty(_files.Notices.Failures);
    }

    [Fact]
    public async Task Broken_json_that_speaks_of_no_image_is_a_detail()
    {
        _files.Write("tsconfig.json", "{ // comment\n \"a\": 1, }}\n");
        Assert.Empty(await _files.ListAsync());
        Assert.Empty(_files.Notices.Failures);
        Assert.Contains(_files.Notices.Details, detail => detail.Contains("tsconfig.json", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_over_the_limit_is_not_read()
    {
        _files.Write("large.yaml", Compose + new string('#', 1000));
        var source = new FileWorkloadSource(_files.Root, new YamlLimits { MaxBytes = 1000 });
        var workloads = new List<Workload>();
        await foreach (var workload in source.ListAsync(_files.Notices, TestContext.Current.CancellationToken))
        {
            workloads.Add(workload);
        }

        Assert.Empty(workloads);
        Assert.Equal(PatchErrorCode.LimitExceeded, Assert.Single(_files.Notices.Failures).Code);
    }

    [Fact]
    public void A_folder_without_rights_is_a_failure_and_the_rest_goes_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux lets one thread give up its rights.");
        _files.Write("ok.yaml", Compose);
        _files.Write("shut/compose.yaml", Compose);
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(_files.Root, (UnixFileMode)0x1ED);
            File.SetUnixFileMode(_files["shut"], UnixFileMode.None);
        }

        string[] found = [];
        UnprivilegedThread.Run(() => found = [.. new FileWalker(_files.Root, _files.Notices).Files()]);
        if (OperatingSystem.IsLinux())
        {
            File.SetUnixFileMode(_files["shut"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        Assert.Equal([_files["ok.yaml"]], found);
        var failure = Assert.Single(_files.Notices.Failures);
        Assert.Equal((PatchErrorCode.FileError, _files["shut"]), (failure.Code, failure.Target));
        Assert.StartsWith($"The folder '{_files["shut"]}' cannot be read: ", failure.Message);
    }

    [Theory]
    [InlineData("none", PatchErrorCode.NotFound)]
    [InlineData("", PatchErrorCode.InvalidArgument)]
    public void A_path_that_is_not_there_is_an_error_at_once(string name, PatchErrorCode code)
    {
        var path = name.Length == 0 ? name : _files[name];
        Assert.Equal(code, Assert.Throws<PatchException>(() => _files.Platforms.OpenFiles(path)).Code);
    }

    [Fact]
    public async Task A_cancelled_list_ends()
    {
        _files.Write("a.yaml", Compose);
        using var cancellation = new CancellationTokenSource();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _files.Platforms.OpenFiles(_files.Root)
            .ListAsync(_files.Notices, cancellation.Token).GetAsyncEnumerator(cancellation.Token).MoveNextAsync());
    }

    public void Dispose() => _files.Dispose();
}
