global using PatchContainers.TestKit;
global using Xunit;
