using PatchContainers.Cli.Demo;

namespace PatchContainers.Cli.Tests.Demo;

public sealed class DemoWorkspaceTests
{
    [Fact]
    public void A_folder_that_no_demo_made_is_not_touched()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["state"]);
        File.WriteAllText(folder["state", "mine"], "mine");
        var before = World.Hash(folder.Path);

        var exception = Assert.Throws<PatchException>(() => DemoWorkspace.Create(folder.Path, null));

        Assert.Equal(PatchErrorCode.AlreadyExists, exception.Code);
        Assert.Contains("nothing in it was touched", exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, World.Hash(folder.Path));
    }

    [Fact]
    public void A_file_of_the_mark_with_another_text_is_no_mark()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder[".patchcontainers-demo"], "something else");

        Assert.Throws<PatchException>(() => DemoWorkspace.Create(folder.Path, null));
    }

    [Fact]
    public void A_file_in_the_folders_place_is_not_touched()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["demo"], "mine");

        Assert.Throws<PatchException>(() => DemoWorkspace.Create(folder["demo"], null));

        Assert.Equal("mine", File.ReadAllText(folder["demo"]));
    }

    [Fact]
    public void A_second_demo_deletes_what_the_first_made_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        var workspace = DemoWorkspace.Create(folder["demo"], null);
        File.WriteAllText(Path.Combine(workspace.State, "old"), "old");
        File.WriteAllText(Path.Combine(workspace.Root, "notes.txt"), "mine");

        DemoWorkspace.Create(folder["demo"], null);

        Assert.False(File.Exists(Path.Combine(workspace.State, "old")));
        Assert.Equal("mine", File.ReadAllText(Path.Combine(workspace.Root, "notes.txt")));
    }

    [Fact]
    public void A_link_in_the_place_of_a_part_is_removed_and_what_it_leads_to_is_not()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Links need a privilege on Windows.");
        using var folder = new TemporaryFolder();
        var workspace = DemoWorkspace.Create(folder["demo"], null);
        Directory.CreateDirectory(folder["elsewhere"]);
        File.WriteAllText(folder["elsewhere", "mine"], "mine");
        Directory.Delete(workspace.State);
        Directory.CreateSymbolicLink(workspace.State, folder["elsewhere"]);

        DemoWorkspace.Create(folder["demo"], null);

        Assert.Equal("mine", File.ReadAllText(folder["elsewhere", "mine"]));
        Assert.Null(new DirectoryInfo(workspace.State).LinkTarget);
    }
}
